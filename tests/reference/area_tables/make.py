"""Make the workbooks of this folder: pip install xlwt odfpy pandas; python make.py."""

import pandas as pd
import xlwt

NAMES = "Абай Акмолинская Актюбинская Алматинская Атырауская Западно-Казахстанская Жамбылская".split()
NAMES += "Жетысу Карагандинская Костанайская Кызылординская Мангистауская Павлодарская".split()
NAMES += ["Северо-Казахстанская", "Туркестанская", "Улытау", "Восточно-Казахстанская"]
NAMES += ["г. Астана", "г. Алматы", "г. Шымкент"]
ORDER = [10, 11, 15, 19, 23, 27, 31, 33, 35, 39, 43, 47, 55, 59, 61, 62, 63, 71, 75, 79]
ROWS = [["Пользователи сети Интернет", None], ["Регион", "Всего"], ["Казахстан", "84,2"]]
ROWS += [
    [name, f"{80 + ORDER.index(code) / 10:.1f}".replace(".", ",")]
    for name, code in zip(NAMES, ORDER, strict=True)
]
ROWS += [["Источник: числа вымышлены", None]]

book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("2023")
for r, row in enumerate(ROWS):
    for c, value in enumerate(row):
        if value is not None:
            sheet.write(r, c, value)
book.save("bulletin.xls")
pd.DataFrame(ROWS).to_excel("bulletin.ods", index=False, header=False, engine="odf")
