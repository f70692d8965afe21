# Rscript reference.R > reference.csv     (r-cran-spdep 1.2-7; units and weights of ../autocorrelation)
suppressMessages(library(spdep))
cat("case,quantity,variable,unit,value\n")
put <- function(case, quantity, variable, unit, value)
  cat(paste(case, quantity, variable, unit, sprintf("%.15g", value), sep = ","), "\n", sep = "")
each <- function(case, quantity, variable, unit, values)
  for (i in seq_along(values)) put(case, quantity, variable, unit[i], values[i])
for (case in c("oblast", "composite")) {
  d <- read.csv(paste0("../autocorrelation/", case, "_units.csv"))
  e <- read.csv(paste0("../autocorrelation/", case, "_weights.csv"))
  n <- nrow(d)
  W <- matrix(0, n, n, dimnames = list(d$unit, d$unit))
  W[cbind(e$focal, e$neighbor)] <- e$weight
  lw <- mat2listw(W, style = "W")
  links <- mat2listw(1 * (W > 0), style = "B")
  self <- function(style) nb2listw(include.self(links$neighbours), style = style)
  for (v in c("x", "y", "z")) {
    each(case, "g_R", v, d$unit, localG(d[[v]], lw))
    each(case, "g_B", v, d$unit, localG(d[[v]], links))
    each(case, "gstar_R", v, d$unit, localG(d[[v]], self("W")))
    each(case, "gstar_B", v, d$unit, localG(d[[v]], self("B")))
    each(case, "geary", v, d$unit, localC(d[[v]], lw))
    high <- factor(d[[v]] > median(d[[v]]), levels = c(FALSE, TRUE), labels = c("W", "B"))
    j <- joincount.multi(high, links)
    for (pair in c("W:W", "B:B", "B:W")) {
      put(case, "joins", v, pair, j[pair, "Joincount"])
      put(case, "joins_expected", v, pair, j[pair, "Expected"])
      put(case, "joins_z", v, pair, j[pair, "z-value"])
    }
    for (style in c("W", "B")) {
      o <- if (case == "oblast") 4 else 2
      sp <- sp.correlogram(links$neighbours, d[[v]], order = o, method = "I", style = style,
                           zero.policy = TRUE)
      each(case, paste0("order_", style), v, seq_len(o), sp$res[, 1])
      each(case, paste0("order_expected_", style), v, seq_len(o), sp$res[, 2])
      each(case, paste0("order_variance_", style), v, seq_len(o), sp$res[, 3])
    }
    nb <- nblag(links$neighbours, if (case == "oblast") 4 else 2)
    each(case, "order_links", v, seq_along(nb), sapply(nb, function(each) sum(card(each))))
  }
  each(case, "geary_xy", "xy", d$unit, localC(d[, c("x", "y")], lw))
  each(case, "geary_xyz", "xyz", d$unit, localC(d[, c("x", "y", "z")], lw))
  for (v in c("y", "z")) {
    pair <- paste0("x", v)
    for (style in c("W", "B")) {
      own <- if (style == "W") lw else links
      l <- lee(d$x, d[[v]], own, n)
      put(case, paste0("lee_", style), pair, "", l$L)
      each(case, paste0("lee_local_", style), pair, d$unit, l$localL)
      l <- lee(d$x, d[[v]], self(style), n)
      put(case, paste0("lee_star_", style), pair, "", l$L)
      each(case, paste0("lee_star_local_", style), pair, d$unit, l$localL)
    }
    t <- lee.test(d$x, d[[v]], lw)$estimate
    put(case, "lee_expected", pair, "", t[2])
    put(case, "lee_variance", pair, "", t[3])
  }
}
