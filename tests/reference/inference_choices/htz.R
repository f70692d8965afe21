# Rscript htz.R > htz.csv     (r-cran-clubsandwich 0.5.8)
suppressMessages(library(clubSandwich))
d <- read.csv("data.csv")
cat("effects,weights,cluster,hypothesis,statistic,df_num,df_denom,p\n")
tests <- list("x1,x2" = c("x1", "x2"), "x1,x2,x3" = c("x1", "x2", "x3"), "x1,x2,x3,x4" = c("x1", "x2", "x3", "x4"), "x1" = "x1")
for (effects in c("none", "f", "s", "f+s")) for (weights in c("none", "w")) for (cluster in c("g", "h")) {
  rhs <- c("x1 + x2 + x3 + x4", if (effects != "none") paste0("factor(", strsplit(effects, "\\+")[[1]], ")"))
  formula <- as.formula(paste("y ~", paste(rhs, collapse = " + ")))
  m <- if (weights == "none") lm(formula, d) else lm(formula, d, weights = w)
  V <- vcovCR(m, cluster = d[[cluster]], type = "CR2")
  K <- length(coef(m)); at <- match(c("x1", "x2", "x3", "x4"), names(coef(m)))
  line <- function(name, C) {
    found <- as.data.frame(Wald_test(m, constraints = C, vcov = V, test = "HTZ"))
    cat(paste(effects, weights, cluster, paste0('"', name, '"'), sprintf("%.15g", found$Fstat), found$df_num,
              sprintf("%.15g", found$df_denom), sprintf("%.15g", found$p_val), sep = ","), "\n", sep = "")
  }
  for (name in names(tests)) line(name, constrain_zero(tests[[name]], coef(m)))
  C <- matrix(0, 2, K); C[1, at[1]] <- 1; C[1, at[2]] <- -1; C[2, at[3]] <- 2; C[2, at[4]] <- 1
  line("x1 = x2, 2*x3 + x4 = 0", C)
}
