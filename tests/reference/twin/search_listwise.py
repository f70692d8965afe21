"""Find the 23 firms of the twin whose regression prints as Table 1 of Nurbatsin (2025).

Least squares of k33 on c7, ge7, h1, g3 and composite dummies, HC1 errors, base Almaty. Run
`python search_listwise.py` (numpy and numba; under a minute); it prints rows for LISTWISE in
kz_spatial/twin_maker/generator.py, where exact fractions verify them. Floating point may lead another
machine to another solution of equal standing.

Stages, each of which leaves the earlier ones intact:
1. anneal     whole-number design and outcome, all eleven figures to about a percent
2. patterns   change a few c7, ge7, h1 so that slopes and constant inside their rounding intervals
              are attainable at all: with whole numbers X'y is a point of a lattice
3. re-anneal  g3 and the outcome under the new pattern; then the same lattice test with g3,
              whose slope has an interval of 0.00001
4. lattice    LLL and Babai: the outcome nearest to the annealed one with all five coefficients
5. walk       along outcome changes that leave the coefficients alone (the lattice's short
              vectors) until the five errors fit too
6. levels     shift whole composites, which moves nothing but R-squared
"""

import sys

import numba as nb
import numpy as np

COMPOSITES = ("almaty", "astana", "center", "east", "north", "south", "west")
# constant, c7, ge7, h1, g3. The interval for c7 is a part of its rounding interval (4.095 to
# 4.105): only there does t with 12 degrees of freedom give p = 0.532 for errors of 6.38.
COEF = np.array([-2.25, -4.1017, 6.48, -18.26, 0.00002])
COEF_TOL = np.array([0.005, 0.003, 0.005, 0.005, 0.000005])
SE = np.array([43.63, 6.379, 6.56, 7.03, 0.23])
SE_TOL = 0.0049
T_RANGE = np.array(  # |t| that print as p = .960, .532, .343, .023
    [[0.05058, 0.05185], [0.64272, 0.64430], [0.98621, 0.98833], [2.59364, 2.61722]]
)
R2 = 0.6115
N, K = 23, 11
# Plausible answers by composite. Almaty's outages are -9 throughout: a constant of -2.25 with an
# error of 43.63 needs a base composite far below zero outages.
C7_LOW = np.array([-9, 1, 1, 1, 1, 1, 1])
C7_HIGH = np.array([-9, 4, 4, 3, 5, 5, 6])
G3_LOW = np.array([4, 18, 9, 6, 10, 5, 4])
G3_HIGH = np.array([31, 62, 75, 48, 46, 31, 91])


@nb.njit
def figures(X, y, group, out):
    """Coefficients (5), HC1 errors (5) and R-squared, composites swept out."""
    n = X.shape[0]
    count, mean_x, mean_y = np.zeros(7), np.zeros((7, 4)), np.zeros(7)
    for i in range(n):
        count[group[i]] += 1
        mean_y[group[i]] += y[i]
        mean_x[group[i]] += X[i]
    grand = mean_y.sum() / n
    for r in range(7):
        mean_y[r] /= count[r]
        mean_x[r] /= count[r]
    Z, v, G, c, total = np.empty((n, 4)), np.empty(n), np.zeros((4, 4)), np.zeros(4), 0.0
    for i in range(n):
        v[i] = y[i] - mean_y[group[i]]
        total += (y[i] - grand) ** 2
        for k in range(4):
            Z[i, k] = X[i, k] - mean_x[group[i], k]
        for k in range(4):
            c[k] += Z[i, k] * v[i]
            for m in range(4):
                G[k, m] += Z[i, k] * Z[i, m]
    if abs(np.linalg.det(G)) < 1e-3 or total == 0:
        return False
    inverse = np.linalg.inv(G)
    b = inverse @ c
    W = Z @ inverse
    unexplained, q = 0.0, np.zeros(5)
    for i in range(n):
        e = v[i]
        w0 = 1.0 / count[0] if group[i] == 0 else 0.0
        for k in range(4):
            e -= Z[i, k] * b[k]
            w0 -= mean_x[0, k] * W[i, k]
        unexplained += e * e
        q[0] += (e * w0) ** 2
        for k in range(4):
            q[k + 1] += (e * W[i, k]) ** 2
    out[0] = mean_y[0]
    for k in range(4):
        out[0] -= mean_x[0, k] * b[k]
        out[1 + k] = b[k]
    for k in range(5):
        out[5 + k] = np.sqrt(q[k] * n / (n - K))
    out[10] = 1 - unexplained / total
    return True


@nb.njit
def misfit(out):
    c = ((out[10] - R2) / 0.005) ** 2
    for k in range(5):
        c += ((out[k] - COEF[k]) / (0.02 * SE[k])) ** 2
        c += (np.log(out[5 + k] / SE[k] + 1e-12) / 0.02) ** 2
    return c


@nb.njit
def anneal(seed, group, X, y, steps, heat, whole_design):
    """Anneal in place; return the misfit reached. Only g3 and y move unless `whole_design`."""
    np.random.seed(seed)
    n, out = len(group), np.zeros(11)
    figures(X, y, group, out)
    now = misfit(out)
    best, best_X, best_y = now, X.copy(), y.copy()
    for step in range(steps):
        cool = heat * (1 - step / steps) ** 3 + 1e-4
        u, i = np.random.random(), np.random.randint(n)
        r, old_y, old_x = group[i], y.copy(), X[i].copy()
        if u < 0.5:
            y[i] += np.random.randint(-6, 7)
        elif u < 0.6:
            shift = np.random.randint(-6, 7)
            for j in range(n):
                if group[j] == r:
                    y[j] += shift
        elif u < 0.74 and whole_design:
            if u < 0.67:
                X[i, 0] = np.random.randint(C7_LOW[r], C7_HIGH[r] + 1)
            else:
                k = np.random.randint(1, 3)
                X[i, k] = 1 - X[i, k]
        elif u < 0.87:
            X[i, 3] = np.random.randint(G3_LOW[r], G3_HIGH[r] + 1)
        else:
            X[i, 3] = min(G3_HIGH[r], max(G3_LOW[r], X[i, 3] + np.random.randint(-3, 4)))
        if y.min() >= 0 and y.max() <= 100 and figures(X, y, group, out):
            new = misfit(out)
            if new <= now or np.random.random() < np.exp((now - new) / cool):
                now = new
                if new < best:
                    best, best_X, best_y = new, X.copy(), y.copy()
                continue
        y[:] = old_y
        X[i] = old_x
    X[:] = best_X
    y[:] = best_y
    return best


@nb.njit
def echelon(L):
    """Reduce generators of a lattice to triangular form in place; False if rank falls short."""
    n, m = L.shape
    for c in range(m):
        while True:
            p = -1
            for i in range(c, n):
                if L[i, c] != 0 and (p < 0 or abs(L[i, c]) < abs(L[p, c])):
                    p = i
            if p < 0:
                return False
            keep = L[c].copy()
            L[c] = L[p]
            L[p] = keep
            left = False
            for i in range(c + 1, n):
                L[i] -= (L[i, c] // L[c, c]) * L[c]
                left = left or L[i, c] != 0
            if not left:
                break
    return True


@nb.njit
def attainable(X, group, m, common):
    """Tell whether whole y exist with the constant and the first m slopes as printed.

    Slopes beyond m are taken as zero. `common` is a multiple of all composite sizes.
    """
    n = len(group)
    count, mean = np.zeros(7), np.zeros((7, m))
    for i in range(n):
        count[group[i]] += 1
        for k in range(m):
            mean[group[i], k] += X[i, k]
    Z, G = np.empty((n, m)), np.zeros((m, m))
    for i in range(n):
        for k in range(m):
            Z[i, k] = X[i, k] - mean[group[i], k] / count[group[i]]
        for k in range(m):
            for j in range(m):
                G[k, j] += Z[i, k] * Z[i, j]
    if abs(np.linalg.det(G)) < 1:
        return False
    inverse = np.linalg.inv(G)
    low, size = np.zeros(m, np.int64), np.ones(m, np.int64)
    for k in range(m):
        v, h = 0.0, 0.0
        for j in range(m):
            v += G[k, j] * COEF[1 + j]
            h += abs(G[k, j]) * COEF_TOL[1 + j]
        low[k] = int(np.ceil((v - h) * common))
        size[k] = max(0, int(np.floor((v + h) * common)) - low[k] + 1)
    L = np.zeros((n, m + 1), np.int64)
    for i in range(n):
        for k in range(m):
            L[i, k] = np.int64(np.rint(Z[i, k] * common))
        L[i, m] = 1 if group[i] == 0 else 0
    reduced = False
    point = np.zeros(m + 1, np.int64)
    for index in range(size.prod()):
        rest = index
        for k in range(m):
            point[k] = low[k] + rest % size[k]
            rest //= size[k]
        level, inside = 0.0, True
        for k in range(m):
            b = 0.0
            for j in range(m):
                b += inverse[k, j] * point[j] / common
            if abs(b - COEF[1 + k]) > 0.9 * COEF_TOL[1 + k]:
                inside = False
                break
            level += mean[0, k] / count[0] * b
        if not inside:
            continue
        total = np.rint((COEF[0] + level) * count[0])
        if abs(total / count[0] - level - COEF[0]) > 0.9 * COEF_TOL[0]:
            continue
        if not reduced:
            if not echelon(L):
                return False
            reduced = True
        point[m] = np.int64(total)
        v = point.copy()
        member = True
        for c in range(m + 1):
            if v[c] % L[c, c] != 0:
                member = False
                break
            v -= (v[c] // L[c, c]) * L[c]
        if member:
            return True
    return False


@nb.njit
def vary(seed, group, X, common, tries, wanted, m):
    """Designs near X that pass `attainable`: c7, ge7, h1 vary for m = 3, g3 for m = 4."""
    np.random.seed(seed)
    n, found = len(group), [X.copy()]
    for _ in range(tries):
        Y = X.copy()
        if m == 3:
            for _ in range(np.random.randint(0, 5)):
                i, k = np.random.randint(n), np.random.randint(3)
                if k > 0:
                    Y[i, k] = 1 - Y[i, k]
                else:
                    moved = Y[i, 0] + 2 * np.random.randint(2) - 1
                    Y[i, 0] = min(C7_HIGH[group[i]], max(C7_LOW[group[i]], moved))
        else:
            for i in range(n):
                if np.random.random() < 0.5:
                    moved = Y[i, 3] + np.random.randint(-2, 3)
                    Y[i, 3] = min(G3_HIGH[group[i]], max(G3_LOW[group[i]], moved))
        if attainable(Y, group, m, common):
            found.append(Y)
            if len(found) > wanted:
                break
    return found[1:]


def reduce_basis(B, delta=0.99):
    """LLL."""
    B, n = B.copy(), len(B)

    def gram_schmidt():
        Q, mu = np.zeros_like(B), np.eye(n)
        for i in range(n):
            Q[i] = B[i]
            for j in range(i):
                mu[i, j] = B[i] @ Q[j] / (Q[j] @ Q[j])
                Q[i] -= mu[i, j] * Q[j]
        return Q, mu

    Q, mu = gram_schmidt()
    k = 1
    while k < n:
        for j in range(k - 1, -1, -1):
            q = round(mu[k, j])
            B[k] -= q * B[j]
            mu[k, : j + 1] -= q * mu[j, : j + 1]
        if Q[k] @ Q[k] >= (delta - mu[k, k - 1] ** 2) * (Q[k - 1] @ Q[k - 1]):
            k += 1
        else:
            B[[k, k - 1]] = B[[k - 1, k]]
            Q, mu = gram_schmidt()
            k = max(k - 1, 1)
    return B, Q


def hit_coefficients(A, y, scale=3000.0):
    """Whole outcome near y with all coefficients as printed, and moves that keep them."""
    n = len(y)
    B, Q = reduce_basis(np.c_[np.eye(n), scale * (A / COEF_TOL[:, None]).T])
    target = np.r_[np.zeros(n), scale * (COEF - A @ y) / COEF_TOL]
    step = np.zeros(n)
    for i in range(n - 1, -1, -1):
        c = np.rint(target @ Q[i] / (Q[i] @ Q[i]))
        target -= c * B[i]
        step += c * B[i][:n]
    y = np.rint(y + step)
    if np.abs((A @ y - COEF) / COEF_TOL).max() > 0.98 or y.min() < 0 or y.max() > 100:
        return None
    short = [np.rint(v[:n]) for v in B if np.abs(v[n:]).max() < 0.01 * scale]
    moves = list(short)
    for i, a in enumerate(short):
        for j in range(i):
            for pair in (a + short[j], a - short[j]):
                moves += [pair, *(pair + s * short[k] for k in range(j) for s in (1, -1))]
    return y, np.array([v for v in moves if 0 < np.linalg.norm(v) < 8])


@nb.njit
def walk(seed, y, A, M, moves, low, high, steps):
    """Walk over moves until every error lies between low and high; None-like empty if not."""
    np.random.seed(seed)
    n, e, moved_e = len(y), M @ y, moves @ M.T
    factor, now = n / (n - K), 1e18
    for step in range(steps):
        cool = 3.0 * (1 - step / steps) ** 2 + 1e-4
        k, s = np.random.randint(len(moves)), 2 * np.random.randint(2) - 1
        inside = True
        for i in range(n):
            if not 0 <= y[i] + s * moves[k, i] <= 100:
                inside = False
                break
        if not inside:
            continue
        c = 0.0
        for j in range(5):
            q = 0.0
            for i in range(n):
                q += ((e[i] + s * moved_e[k, i]) * A[j, i]) ** 2
            off = (np.sqrt(q * factor) - (low[j] + high[j]) / 2) / ((high[j] - low[j]) / 2)
            inside = inside and abs(off) < 0.97
            c += np.log1p(off * off)
        if c <= now or np.random.random() < np.exp((now - c) / cool):
            now = c
            y += s * moves[k]
            e += s * moved_e[k]
            if inside:
                return y
    return np.zeros(0)


def shift_levels(rng, group, X, y):
    """Shift whole composites other than the base until R-squared fits."""
    out = np.zeros(11)
    figures(X, y, group, out)
    unexplained = (1 - out[10]) * ((y - y.mean()) ** 2).sum()
    for _ in range(400_000):
        shift = rng.integers(-12, 13, size=7)
        shift[0] = 0
        z = y + shift[group]
        if z.min() < 0 or z.max() > 100:
            continue
        if abs(1 - unexplained / ((z - z.mean()) ** 2).sum() - R2) < 4.8e-5:
            return z
    return None


def finish(seed, group, X, y):
    """Stages 4 to 6 for one design."""
    D = np.eye(7)[group]
    D[:, 0] = 1
    F = np.c_[D, X]
    P = np.linalg.pinv(F)
    A = P[[0, 7, 8, 9, 10]]
    hit = hit_coefficients(A, y)
    if hit is None:
        return None
    y, moves = hit
    low, high = SE - SE_TOL, SE + SE_TOL
    low[1], high[1] = 6.3751, 6.3849
    size = np.abs(A @ y)[:4]
    low[:4] = np.maximum(low[:4], size / T_RANGE[:, 1])
    high[:4] = np.minimum(high[:4], size / T_RANGE[:, 0])
    if (low >= high).any():
        return None
    y = walk(seed, y, A, np.eye(N) - F @ P, moves, low, high, 6_000_000)
    return None if len(y) == 0 else shift_levels(np.random.default_rng(seed), group, X, y)


def search(seed):
    """All stages for one seed; yields (composite, design, outcome)."""
    rng = np.random.default_rng(seed)
    # Sizes of many divisors make the lattice of attainable X'y denser.
    sizes = np.r_[3, rng.permutation([5, 4, 4, 3, 2, 2])]
    group, common = np.repeat(np.arange(7), sizes), 60.0
    X = np.c_[
        rng.integers(C7_LOW[group], C7_HIGH[group] + 1),
        rng.integers(0, 2, (N, 2)),
        rng.integers(G3_LOW[group], G3_HIGH[group] + 1),
    ].astype(float)
    y = rng.integers(20, 100, N).astype(float)
    reached = anneal(seed, group, X, y, 1_500_000, 300.0, True)
    print(f"seed {seed}, sizes {sizes}, misfit {reached:.2f}", file=sys.stderr, flush=True)
    if reached > 2.5:
        return
    for pattern in vary(seed, group, X, common, 200_000, 20, 3):
        level = y.copy()
        reached = anneal(seed, group, pattern, level, 500_000, 50.0, False)
        print(f"  pattern, misfit {reached:.2f}", file=sys.stderr, flush=True)
        if reached > 0.5:
            continue
        for design in vary(seed, group, pattern, common, 3000, 4, 4):
            outcome = finish(seed, group, design, level)
            if outcome is not None:
                yield group, design, outcome


def main():
    for seed in range(1000, 1200):
        for group, X, y in search(seed):
            out = np.zeros(11)
            figures(X, y, group, out)
            print(f"# seed {seed}:", " ".join(f"{value:.6f}" for value in out))
            for r, (c7, ge7, h1, g3), k33 in zip(group, X, y, strict=True):
                row = (c7, ge7 + 1, h1 + 1, g3, k33)
                print(f'    ("{COMPOSITES[r]}", {", ".join(str(int(v)) for v in row)}),')
            sys.stdout.flush()
            if "--all" not in sys.argv:
                return


if __name__ == "__main__":
    main()
