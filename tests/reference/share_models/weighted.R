# Rscript weighted.R > weighted.csv     (R 4.2, r-cran-sandwich 3.0-2)
suppressMessages(library(sandwich))
d <- read.csv("../inference_choices/data.csv")
cat("link,effects,cluster,term,coefficient,std_error\n")
for (link in c("logit", "probit")) for (effects in c("none", "s")) {
  f <- if (effects == "none") share ~ x1 + x2 + x3 + x4 else share ~ x1 + x2 + x3 + x4 + factor(s)
  m <- glm(f, quasibinomial(link), d, weights = w, control = list(epsilon = 1e-14, maxit = 100))
  for (cluster in c("g", "h")) {
    V <- vcovCL(m, cluster = d[[cluster]], type = "HC1", cadjust = TRUE)
    for (t in c("x1", "x2", "x3", "x4"))
      cat(paste(link, effects, cluster, t, sprintf("%.15g", coef(m)[t]), sprintf("%.15g", sqrt(V[t, t])), sep = ","), "\n", sep = "")
  }
}
