# Rscript reference.R > reference.csv     (r-cran-spdep 1.2-7, r-cran-spatialreg 1.2-6, r-cran-numderiv)
suppressMessages({library(spdep); library(spatialreg)})
cat("case,model,quantity,term,value\n")
put <- function(case, model, quantity, term, value)
  cat(paste(case, model, quantity, term, sprintf("%.15g", value), sep = ","), "\n", sep = "")
exact <- list(tol.opt = 1e-15)
for (case in c("twin", "negative", "lag", "error", "binary")) {
  d <- read.csv(paste0(case, "_units.csv"))
  e <- read.csv(paste0(case, "_weights.csv"))
  W <- matrix(0, nrow(d), nrow(d), dimnames = list(d$unit, d$unit))
  W[cbind(e$focal, e$neighbor)] <- e$weight
  lw <- mat2listw(W, style = if (case == "binary") "B" else "W")
  f <- y ~ a + b
  tests <- lm.LMtests(lm(f, d), lw, test = "all")
  ours <- c(LMlag = "lm_lag", LMerr = "lm_error", RLMlag = "robust_lm_lag", RLMerr = "robust_lm_error",
            SARMA = "sarma")
  for (t in names(ours)) {
    put(case, "lm", "statistic", ours[t], tests[[t]]$statistic)
    put(case, "lm", "df", ours[t], tests[[t]]$parameter)
    put(case, "lm", "p", ours[t], tests[[t]]$p.value)
  }
  terms <- c("(Intercept)", "a", "b")
  several <- function(model, b, se, spatial, name, spatial_se) {
    for (t in terms) {
      put(case, model, "coefficient", t, b[match(t, terms)])
      put(case, model, "std_error", t, se[match(t, terms)])
    }
    put(case, model, "coefficient", name, spatial)
    if (!is.null(spatial_se)) put(case, model, "std_error", name, spatial_se)
  }
  m <- lagsarlm(f, d, lw, method = "eigen", tol.solve = 1e-30, control = exact)
  several("lag_ml", coef(m)[terms], m$rest.se, m$rho, "rho", m$rho.se)
  put(case, "lag_ml", "log_likelihood", "", as.numeric(logLik(m)))
  put(case, "lag_ml", "aic", "", AIC(m))
  put(case, "lag_ml", "sigma2", "", m$s2)
  # impacts() takes totals for b / (1 - rho), which needs rows that sum to one, so they are done anew
  n <- nrow(d)
  impact <- function(theta) {
    S <- solve(diag(n) - theta[1] * W)
    c(direct = theta[-(1:2)] * sum(diag(S)) / n, total = theta[-(1:2)] * sum(S) / n,
      indirect = theta[-(1:2)] * (sum(S) - sum(diag(S))) / n)
  }
  theta <- c(m$rho, coef(m)[terms])
  V <- m$resvar[-1, -1]
  J <- numDeriv::jacobian(impact, theta)
  found <- impact(theta)
  se <- sqrt(diag(J %*% V %*% t(J)))
  where <- c("direct", "direct", "total", "total", "indirect", "indirect")
  for (j in 1:6) {
    term <- c("a", "b")[2 - j %% 2]
    put(case, "lag_ml", paste0("impact_", where[j]), term, found[j])
    put(case, "lag_ml", paste0("impact_se_", where[j]), term, se[j])
  }
  if (case != "binary") {
    set.seed(1)
    i <- impacts(m, listw = lw, R = 100000)
    for (kind in c("direct", "indirect", "total")) for (j in 1:2) {
      stopifnot(all.equal(i$res[[kind]][j], unname(found[where == kind][j]), tolerance = 1e-8))
      ends <- quantile(i$sres[[kind]][, j], c(0.025, 0.975))
      put(case, "lag_ml", paste0("impact_low_", kind), terms[j + 1], ends[1])
      put(case, "lag_ml", paste0("impact_high_", kind), terms[j + 1], ends[2])
    }
  }
  m <- errorsarlm(f, d, lw, method = "eigen", tol.solve = 1e-30, control = exact)
  several("error_ml", coef(m)[terms], m$rest.se, m$lambda, "lambda", m$lambda.se)
  put(case, "error_ml", "log_likelihood", "", as.numeric(logLik(m)))
  put(case, "error_ml", "aic", "", AIC(m))
  put(case, "error_ml", "sigma2", "", m$s2)
  if (case != "binary") {  # with such weights stsls makes the lagged intercept an instrument too
    m <- stsls(f, d, lw, W2X = FALSE)
    se <- sqrt(diag(m$var) * m$df / n)  # spreg divides by n, stsls by n - k
    several("lag_gmm", m$coefficients[terms], se[-1], m$coefficients["Rho"], "rho", se[1])
  }
  # asked for more digits than nlminb has, it warns of "singular convergence"
  m <- GMerrorsar(f, d, lw, control = list(rel.tol = 1e-15, x.tol = 1e-15))
  # spreg takes the variance of the filtered residuals, GMerrorsar the one from the moments
  u <- d$y - cbind(1, d$a, d$b) %*% coef(m)[terms]
  innovations <- u - m$lambda * W %*% u
  several("error_gmm", coef(m)[terms], m$rest.se * sqrt(mean(innovations^2) / m$s2), m$lambda, "lambda",
          NULL)
}
