# Rscript reference.R > reference.csv     (r-cran-sandwich 3.0-2)
suppressMessages(library(sandwich))
d <- read.csv("firms.csv")
cat("weights,kind,name,value\n")
for (weights in c("none", "wmedian")) {
  d$w <- if (weights == "none") 1 else d$wmedian
  m <- suppressWarnings(glm(answered ~ factor(sector) + factor(size), binomial, d, weights = w,
                            control = glm.control(epsilon = 1e-12)))
  out <- function(kind, name, value) cat(paste(weights, kind, name, sprintf("%.15g", value), sep = ","), "\n", sep = "")
  names <- sub("factor\\((.*)\\)(.*)", "C(\\1)[T.\\2]", names(coef(m)))
  names[1] <- "Intercept"
  for (i in seq_along(names)) out("coefficient", names[i], coef(m)[i])
  v <- sqrt(diag(sandwich(m)))
  for (i in seq_along(names)) out("std_error", names[i], v[i])
  X <- model.matrix(m)[, -1]
  a <- d$answered == 1
  made <- d$w / fitted(m)
  for (i in seq_len(ncol(X))) {
    mean_asked <- weighted.mean(X[, i], d$w)
    spread <- sqrt(weighted.mean((X[, i] - mean_asked)^2, d$w))
    out("before", names[i + 1], (weighted.mean(X[a, i], d$w[a]) - mean_asked) / spread)
    out("after", names[i + 1], (weighted.mean(X[a, i], made[a]) - mean_asked) / spread)
  }
  out("n_effective", "before", sum(d$w[a])^2 / sum(d$w[a]^2))
  out("n_effective", "after", sum(made[a])^2 / sum(made[a]^2))
}
