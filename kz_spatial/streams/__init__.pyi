from .binned_rows import BinnedRows, bin_rows
from .firm_sums import Seen
from .gathered_sums import stream_sums
from .joined_rows import JoinedRows, join_rows
from .located_sums import LocatedSums
from .progress import RowProgress
from .row_source import CHUNK_ROWS, Chunk, RowSource, is_large, open_rows
from .streamed_study import STREAM_STEPS, StreamedStudy, stream_study

__all__ = [
    "CHUNK_ROWS",
    "STREAM_STEPS",
    "BinnedRows",
    "Chunk",
    "JoinedRows",
    "LocatedSums",
    "RowProgress",
    "RowSource",
    "Seen",
    "StreamedStudy",
    "bin_rows",
    "is_large",
    "join_rows",
    "open_rows",
    "stream_study",
    "stream_sums",
]
