from .catalogue import TERMS, say

__all__ = ["TERMS", "say"]
