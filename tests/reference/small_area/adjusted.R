# Adjusted likelihoods of the Fay-Herriot model, maximised by optimize() in base R.
# The residual likelihood is written as the density of contrasts K'y, not by way of projections.
# Errors: Li and Lahiri (2010), Yoshimori and Lahiri (2014), as the R package emdi writes them (read, not run).
# Run in this folder: Rscript adjusted.R
units <- read.csv("units.csv")
y <- units$direct; d <- units$variance; m <- length(y)
normal <- function(z, S) { # log density of z ~ N(0, S)
  L <- chol(S)
  -0.5 * (length(z) * log(2 * pi) + 2 * sum(log(diag(L))) + sum(backsolve(L, z, transpose = TRUE)^2))
}
profile <- function(a, X) { # coefficients maximised over
  r <- lm.wfit(X, y, 1 / (a + d))$residuals
  sum(dnorm(r, 0, sqrt(a + d), log = TRUE))
}
contrasts_only <- function(a, X) {
  K <- qr.Q(qr(X), complete = TRUE)[, -seq_len(ncol(X)), drop = FALSE]
  normal(crossprod(K, y), crossprod(K, (a + d) * K))
}
factor_of <- list(
  "li-lahiri" = function(a) log(a),
  "yoshimori-lahiri" = function(a) log(atan(sum(a / (a + d)))) / m
)
out <- NULL
add <- function(model, method, unit, quantity, value)
  out <<- rbind(out, data.frame(model, method, unit, quantity, value = sprintf("%.12g", value)))
for (model in c("FH", "FH-mean")) for (kind in names(factor_of)) for (form in c("", "-ml")) {
  X <- if (model == "FH") cbind(1, units$x) else matrix(1, m, 1)
  base <- if (form == "") contrasts_only else profile
  a <- optimize(function(a) base(a, X) + factor_of[[kind]](a), c(0, 500), maximum = TRUE, tol = 1e-12)$maximum
  fit <- lm.wfit(X, y, 1 / (a + d))
  B <- d / (a + d); S2 <- sum((a + d)^-2)
  Q <- solve(crossprod(X / sqrt(a + d)))
  leverage <- rowSums((X %*% Q) * X)
  bias <- (if (form == "-ml") -sum(leverage / (a + d)^2) else 0) + (if (kind == "li-lahiri") 2 / a else 0)
  mse <- d * (1 - B) + B^2 * leverage + 2 * B^2 * (2 / S2) / (a + d) - B^2 * bias / S2
  method <- paste0(kind, form)
  add(model, method, units$oblast_code, "eblup", y - B * fit$residuals)
  add(model, method, units$oblast_code, "mse", mse)
  add(model, method, "", "refvar", a)
}
write.csv(out, "adjusted.csv", row.names = FALSE, quote = FALSE)
