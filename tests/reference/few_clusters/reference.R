# Rscript reference.R > reference.csv     (r-cran-sandwich 3.0-2, r-cran-clubsandwich 0.5.8)
suppressMessages({library(sandwich); library(clubSandwich)})
rhs <- c("outages_per_month", "co2_monitoring", "product_innovation", "permit_days")
cat("coding,weights,cluster,method,term,estimate,std_error,df\n")
for (coding in c("corrected", "as-published")) {
  d <- read.csv(paste0(coding, ".csv"))
  f <- epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days + factor(composite)
  for (weights in c("none", "wmedian")) {
    m <- if (weights == "none") lm(f, d) else lm(f, d, weights = wmedian)
    b <- coef(m)[rhs]
    line <- function(cluster, method, v, df) for (t in rhs)
      cat(paste(coding, weights, cluster, method, t, sprintf("%.15g", b[t]), sprintf("%.15g", sqrt(v[t, t])),
                sprintf("%.15g", if (length(df) > 1) df[t] else df), sep = ","), "\n", sep = "")
    n <- nrow(d); k <- length(coef(m))
    line("none", "iid", vcov(m), n - k)
    line("none", "hc1", vcovHC(m, type = "HC1"), n - k)
    line("none", "hc3", vcovHC(m, type = "HC3"), n - k)
    # the second cluster variable cuts across the absorbed regions
    for (cluster in c("composite", "sector")) {
      g <- d[[cluster]]; G <- length(unique(g))
      line(cluster, "crv1", vcovCL(m, cluster = g, type = "HC1", cadjust = TRUE), G - 1)
      v2 <- vcovCR(m, cluster = g, type = "CR2")
      tests <- as.data.frame(coef_test(m, vcov = v2, test = "Satterthwaite"))
      dfs <- setNames(tests[match(rhs, rownames(tests)), grep("^df", names(tests))[1]], rhs)
      line(cluster, "cr2", as.matrix(v2), dfs)
      # jackknife by refitting without each cluster, centred at the estimate
      gaps <- sapply(unique(g), function(one) {
        left <- d[g != one, ]
        left$wmedian_ <- left$wmedian
        ml <- if (weights == "none") lm(f, left) else lm(f, left, weights = wmedian_)
        coef(ml)[rhs] - b
      })
      v3 <- (G - 1) / G * gaps %*% t(gaps)
      dimnames(v3) <- list(rhs, rhs)
      line(cluster, "crv3", v3, G - 1)
    }
  }
}
