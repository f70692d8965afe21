# Rscript reference.R > reference.csv     (r-cran-cluster 2.1.4)
# log_w is on clusGap's scale: half the sum of squares within groups. Silhouettes and
# Calinski-Harabasz are of the tightest partition among 1000 starts, Ward's of hclust.
suppressMessages(library(cluster))
put <- function(level, what, k, value)
  cat(paste(level, what, k, sprintf("%.15g", value), sep = ","), sep = "\n")
cat("level,what,key,value\n")
for (level in c("composite", "oblast")) {
  x <- scale(as.matrix(read.csv(paste0(level, ".csv"), row.names = 1)))
  n <- nrow(x)
  most <- min(8, n - 1)
  set.seed(20240)
  g <- clusGap(x, kmeans, K.max = most, B = 1000, d.power = 2, spaceH0 = "original",
               nstart = 50, iter.max = 100, verbose = FALSE)$Tab
  for (column in colnames(g)) put(level, column, 1:most, g[, column])
  put(level, "gap_best", 0, maxSE(g[, "gap"], g[, "SE.sim"], method = "Tibs2001SEmax"))
  for (k in 2:most) {
    found <- kmeans(x, k, nstart = 1000, iter.max = 100)
    put(level, "within_ss", k, found$tot.withinss)
    put(level, "silhouette", k, mean(silhouette(found$cluster, dist(x))[, "sil_width"]))
    put(level, "calinski_harabasz", k,
        (found$betweenss / (k - 1)) / (found$tot.withinss / (n - k)))
  }
  tree <- hclust(dist(x), "ward.D2")
  put(level, "ward_height", 1:(n - 1), tree$height)
  for (k in 2:most) put(level, paste0("ward_group_", k), rownames(x), cutree(tree, k))
}
