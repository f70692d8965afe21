# Rscript reference.R > reference.csv     (r-cran-lme4 1.1-31)
suppressMessages(library(lme4))
cat("case,kind,name,value\n")
out <- function(case, kind, name, value) cat(paste(case, kind, name, sprintf("%.12g", value), sep = ","), "\n", sep = "")
tell <- function(case, m, means) {
  b <- fixef(m); b_se <- sqrt(diag(as.matrix(vcov(m))))
  names(b)[1] <- "Intercept"
  for (i in seq_along(b)) { out(case, "coefficient", names(b)[i], b[i]); out(case, "std_error", names(b)[i], b_se[i]) }
  v <- as.data.frame(VarCorr(m))$vcov
  out(case, "variance", "regions", v[1]); out(case, "variance", "firms", v[2])
  r <- ranef(m)[[1]]
  for (i in seq_len(nrow(r))) out(case, "effect", rownames(r)[i], r[i, 1])
  b <- fixef(means); k <- grep("^m_", names(b))
  V <- as.matrix(vcov(means))[k, k, drop = FALSE]
  out(case, "wald", "statistic", t(b[k]) %*% solve(V, b[k]))
  for (i in k) out(case, "mean", sub("^m_", "", names(b)[i]), b[i])
}
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12))
d <- read.csv("twin.csv")
for (n in c("co2_monitoring", "outages_per_month")) d[[paste0("m_", n)]] <- ave(d[[n]], d$composite)
tell("twin", lmer(epayment_share ~ co2_monitoring + outages_per_month + (1 | composite), d, control = control),
     lmer(epayment_share ~ co2_monitoring + outages_per_month + m_co2_monitoring + m_outages_per_month + (1 | composite), d, control = control))
e <- read.csv("made.csv")
for (n in c("x", "z")) e[[paste0("m_", n)]] <- ave(e[[n]], e$g)
tell("made", lmer(y ~ x + z + (1 | g), e, control = control), lmer(y ~ x + z + m_x + m_z + (1 | g), e, control = control))
