"""Enterprise Survey microdata for Kazakhstan, from firms to maps and defensible tables.

The public names stand in `__init__.pyi`. Heavy libraries load when a name is first used, so
`import kz_spatial` stays quick.
"""

import lazy_loader as lazy

_find, _names, __all__ = lazy.attach_stub(__name__, __file__)
__all__ += ["__version__"]


def __getattr__(name: str) -> object:
    if name != "__version__":
        return _find(name)
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("kz-spatial")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0+unknown"


def __dir__() -> list[str]:
    return [*_names(), "__version__"]
