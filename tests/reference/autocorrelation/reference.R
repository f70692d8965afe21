# Rscript reference.R > reference.csv     (r-cran-spdep 1.2-7)
suppressMessages(library(spdep))
cat("case,quantity,variable,unit,value\n")
put <- function(case, quantity, variable, unit, value)
  cat(paste(case, quantity, variable, unit, sprintf("%.15g", value), sep = ","), "\n", sep = "")
nsim <- 99999
for (case in c("oblast", "composite")) {
  d <- read.csv(paste0(case, "_units.csv"))
  e <- read.csv(paste0(case, "_weights.csv"))
  W <- matrix(0, nrow(d), nrow(d), dimnames = list(d$unit, d$unit))
  W[cbind(e$focal, e$neighbor)] <- e$weight
  lw <- mat2listw(W, style = "W")
  links <- mat2listw(1 * (W > 0), style = "B")
  for (v in c("x", "y", "z")) {
    m <- moran.test(d[[v]], lw, randomisation = TRUE)$estimate
    put(case, "moran", v, "", m[1])
    put(case, "moran_expected", v, "", m[2])
    put(case, "moran_variance", v, "", m[3])
    g <- geary.test(d[[v]], lw, randomisation = TRUE)$estimate
    put(case, "geary", v, "", g[1])
    put(case, "geary_expected", v, "", g[2])
    G <- globalG.test(d[[v]], links)$estimate
    put(case, "getis_ord", v, "", G[1])
    put(case, "getis_ord_expected", v, "", G[2])
    # n - 1 in the variance, as in esda and GeoDa; moments over the other units' values given one's own
    l <- localmoran(d[[v]], lw, mlvar = FALSE, conditional = TRUE)
    quadrant <- attr(l, "quadr")$pysal
    for (i in seq_len(nrow(d))) {
      put(case, "local", v, d$unit[i], l[i, "Ii"])
      put(case, paste0("quadrant_", quadrant[i]), v, d$unit[i], 1)
    }
    # the smaller of the shares of random sets that reach one's own I and that do not: the column for
    # one side holds the other side's p in this version, and ranks ties by their mean
    set.seed(1)
    p <- localmoran_perm(d[[v]], lw, nsim = nsim, mlvar = FALSE)
    for (i in seq_len(nrow(d))) put(case, "p_folded", v, d$unit[i], p[i, "Pr(folded) Sim"])
  }
  set.seed(1)
  put(case, "bivariate", "x", "", moran_bv(d$x, d$y, lw, nsim = 9)$t0)
  put(case, "empirical_bayes", "events", "", EBImoran.mc(d$events, d$base, lw, nsim = 9)$statistic)
}
