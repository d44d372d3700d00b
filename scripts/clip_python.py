"""
OpenAI's SimpleTokenizer out of the package clip-anytorch, without the rest of the package, which would import torch.
"""

import importlib.metadata
import importlib.util

_path = importlib.metadata.distribution("clip-anytorch").locate_file("clip/simple_tokenizer.py")
_spec = importlib.util.spec_from_file_location("simple_tokenizer", _path)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
SimpleTokenizer = _module.SimpleTokenizer
assert _module.ftfy.__version__ == "6.3.1" and _module.ftfy.fix_text("Ã©") == "é"
