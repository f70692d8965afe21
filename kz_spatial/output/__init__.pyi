from .area_bundle import ALL_AREA_STEPS, run_areas, write_areas
from .audit_bundle import write_audit
from .bundle import ALL_STEPS, Bundle, run, write_bundle
from .change_bundle import write_change
from .clock import dated
from .disclosure import Published, publish, rules_line
from .folders import check_target
from .geotiff import write_surface
from .interruption import Stopped, stoppable
from .printing import check_browser, print_pdf, print_report
from .qgis_plugin import build_plugin, install_plugin
from .recorded import RecordedRun, read_run
from .room import full_disk_told
from .terms import Terms
from .web_map import folium_map

__all__ = [
    "ALL_AREA_STEPS",
    "ALL_STEPS",
    "Bundle",
    "Published",
    "RecordedRun",
    "Stopped",
    "Terms",
    "build_plugin",
    "check_browser",
    "check_target",
    "dated",
    "folium_map",
    "full_disk_told",
    "install_plugin",
    "print_pdf",
    "print_report",
    "publish",
    "read_run",
    "rules_line",
    "run",
    "run_areas",
    "stoppable",
    "write_areas",
    "write_audit",
    "write_bundle",
    "write_change",
    "write_surface",
]
