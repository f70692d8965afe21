from .located_sums import LocatedSums
from .progress import RowProgress
from .row_source import CHUNK_ROWS, Chunk, RowSource, is_large, open_rows
from .streamed_study import STREAM_STEPS, StreamedStudy, stream_study

__all__ = [
    "CHUNK_ROWS",
    "STREAM_STEPS",
    "Chunk",
    "LocatedSums",
    "RowProgress",
    "RowSource",
    "StreamedStudy",
    "is_large",
    "open_rows",
    "stream_study",
]
