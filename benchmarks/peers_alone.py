"""The day's work as an analyst would script it with the peers alone: no kz_spatial inside.

Reads the same twin and boundaries, and writes a GeoPackage and a Folium map to the folder given.
"""

from __future__ import annotations

import sys
from pathlib import Path

import esda
import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from libpysal.weights import Queen
from scipy.stats import gaussian_kde
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from spopt.region import Skater

ROOT = Path(__file__).resolve().parents[1]
INDICATORS = ["c7", "k33", "ge7", "h1", "g3"]


def read() -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    firms = pd.read_csv(ROOT / "kz_spatial" / "data" / "twin.csv")
    firms.loc[firms["c6"].eq(2) & firms["c7"].isna(), "c7"] = 0
    for item in INDICATORS:
        firms[item] = firms[item].where(~firms[item].isin([-9, -8, -7]))
    for item in ("ge7", "h1"):
        firms[item] = firms[item].map({1: 1.0, 2: 0.0})
    oblasts = gpd.read_file(ROOT / "boundaries" / "data" / "oblasts.fgb").set_index("iso")
    firms["iso"] = "KZ-" + firms["oblast"].astype(str)
    return firms, oblasts.join(firms.groupby("iso")[INDICATORS].mean())


def regress(firms: pd.DataFrame) -> None:
    used = firms.dropna(subset=INDICATORS)
    fit = smf.ols("k33 ~ c7 + ge7 + h1 + g3 + C(a2)", used).fit(
        cov_type="cluster", cov_kwds={"groups": used["a2"]}, use_t=True
    )
    fit.summary()


def autocorrelation(oblasts: gpd.GeoDataFrame) -> Queen:
    queen = Queen.from_dataframe(oblasts, use_index=True)
    queen.transform = "r"
    np.random.seed(1)
    for item in INDICATORS:
        values = oblasts[item].fillna(oblasts[item].mean()).to_numpy()
        esda.Moran(values, queen, permutations=999)
        local = esda.Moran_Local(values, queen, permutations=999, seed=1)
        oblasts[f"{item}_q"], oblasts[f"{item}_p"] = local.q, local.p_sim
    return queen


def cluster(oblasts: gpd.GeoDataFrame, queen: Queen) -> None:
    names = ["c7", "k33", "ge7", "h1"]
    z = StandardScaler().fit_transform(oblasts[names])
    oblasts["kmeans"] = KMeans(3, n_init=50, random_state=1).fit_predict(z)
    standard = oblasts[["geometry"]].assign(**dict(zip(names, z.T, strict=True)))
    skater = Skater(standard, queen, names, n_clusters=3)
    skater.solve()
    oblasts["skater"] = skater.labels_


def density(firms: pd.DataFrame) -> None:
    places = pd.read_csv(ROOT / "boundaries" / "data" / "settlements.csv")
    rng = np.random.default_rng(1)
    points = []
    for iso, members in firms.groupby("iso"):
        here = places[places["oblast_code"] == iso]
        share = here["population"] / here["population"].sum()
        drawn = rng.choice(len(here), len(members), p=share)
        points.append(here[["longitude", "latitude"]].to_numpy()[drawn])
    kernel = gaussian_kde(np.concatenate(points).T)
    east, north = np.meshgrid(np.linspace(46, 88, 512), np.linspace(40, 56, 256))
    kernel(np.vstack([east.ravel(), north.ravel()]))


def write(oblasts: gpd.GeoDataFrame, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    oblasts.reset_index().to_file(out / "peers.gpkg", layer="oblasts")
    light = oblasts.reset_index()
    light["geometry"] = light.geometry.simplify(0.02)
    page = folium.Map(location=(48, 67), zoom_start=5)
    folium.Choropleth(
        light.to_json(), data=light, columns=["iso", "k33"], key_on="feature.properties.iso"
    ).add_to(page)
    for item in INDICATORS:
        folium.GeoJson(
            light[["geometry", "name_en", item]].to_json(),
            name=item,
            tooltip=folium.GeoJsonTooltip(["name_en", item]),
        ).add_to(page)
    folium.LayerControl().add_to(page)
    page.save(out / "peers.html")


def main() -> None:
    firms, oblasts = read()
    regress(firms)
    queen = autocorrelation(oblasts)
    cluster(oblasts, queen)
    density(firms)
    write(oblasts, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
