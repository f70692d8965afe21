# Rscript reference.R > reference.csv     (R 4.2.2, r-cran-survey 4.1-1)
# Domains are subsets of the design, single-firm strata by survey.lonely.psu.
suppressMessages(library(survey))
firms <- read.csv("firms.csv")
put <- function(lonely, what, domain, ...) {
  values <- c(...)
  cat(paste(lonely, what, domain, names(values), sprintf("%.15g", values), sep = ","), sep = "\n")
}
cat("lonely,what,domain,part,value\n")
domains <- c("all", sort(unique(firms$unit)))
for (lonely in c("adjust", "certainty", "remove", "average", "fail")) {
  options(survey.lonely.psu = lonely)
  whole <- svydesign(ids = ~1, strata = ~strata, weights = ~w, data = firms)
  for (domain in domains) {
    if (lonely == "fail" && domain %in% c("all", "b", "c")) next
    part <- if (domain == "all") whole else subset(whole, unit == domain)
    here <- subset(part, !is.na(y))
    df <- degf(here)
    m <- svymean(~y, here, deff = TRUE)
    r <- svymean(~y, here, deff = "replace")
    interval <- confint(m, df = df)
    put(lonely, "mean", domain, estimate = coef(m)[[1]], std_error = SE(m)[[1]],
        ci_low = interval[1], ci_high = interval[2], df = df, n = nrow(here),
        deff_without = deff(m)[[1]], deff_with = deff(r)[[1]])
    t <- svytotal(~y, here, deff = "replace")
    t2 <- svytotal(~y, here, deff = TRUE)
    interval <- confint(t, df = df)
    put(lonely, "total", domain, estimate = coef(t)[[1]], std_error = SE(t)[[1]],
        ci_low = interval[1], ci_high = interval[2], df = df,
        deff_with = deff(t)[[1]], deff_without = deff(t2)[[1]])
    both <- subset(part, !is.na(y) & !is.na(x))
    q <- svyratio(~y, ~x, both)
    interval <- confint(q, df = degf(both))
    put(lonely, "ratio", domain, estimate = coef(q)[[1]], std_error = SE(q)[[1]],
        ci_low = interval[1], ci_high = interval[2], df = degf(both))
    for (kind in sort(unique(firms$kind))) {
      p <- svyciprop(bquote(~I(kind == .(kind))), part, method = "xlogit", df = degf(part))
      interval <- confint(p)
      put(lonely, paste0("share_", kind), domain, estimate = coef(p)[[1]], std_error = SE(p)[[1]],
          ci_low = interval[1], ci_high = interval[2])
    }
    for (at in c(0.25, 0.5, 0.8)) {
      v <- svyquantile(~y, here, at, interval.type = "mean")$y
      put(lonely, paste0("quantile_", at), domain, estimate = v[1], ci_low = v[2], ci_high = v[3],
          std_error = v[4])
    }
  }
  if (lonely == "fail") next
  # means of domains as functions of totals, with the covariance through shared strata
  answered <- subset(whole, !is.na(y))
  for (unit in domains[-1]) answered <- do.call(update, c(list(answered), setNames(list(
    bquote(y * (unit == .(unit))), bquote(0 + (unit == .(unit)))), paste0(c("y_", "n_"), unit))))
  totals <- svytotal(~y_a + n_a + y_b + n_b + y_c + n_c + y_d + n_d, answered)
  ab <- svycontrast(totals, quote(y_a / n_a - y_b / n_b))
  cd <- svycontrast(totals, quote(y_c / n_c - y_d / n_d))
  put(lonely, "difference", "a-b", estimate = coef(ab)[[1]], std_error = SE(ab)[[1]])
  put(lonely, "difference", "c-d", estimate = coef(cd)[[1]], std_error = SE(cd)[[1]])
}
