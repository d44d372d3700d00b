"""open_clip's trainer on a machine without a GPU, with its own options; several processes too, which version 3.3.0 does
not start there (`DistributedDataParallel` is given the CPU as a device, and refuses it).

    .venv/bin/python scripts/train_open_clip.py --model local-dir:vit --device cpu --precision fp32 …
    .venv/bin/python -m torch.distributed.run --nproc_per_node 2 scripts/train_open_clip.py --model local-dir:vit …
"""

import sys
import types

sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import torch  # noqa: E402
from open_clip_train.main import main  # noqa: E402
from torch.nn.parallel import DistributedDataParallel  # noqa: E402


class OnAnyDevice(DistributedDataParallel):
    def __init__(self, module, device_ids=None, **options):
        on_cpu = device_ids == [torch.device("cpu")]
        super().__init__(module, device_ids=None if on_cpu else device_ids, **options)


if __name__ == "__main__":  # its workers import this file again where processes are not forked
    torch.nn.parallel.DistributedDataParallel = OnAnyDevice
    main(sys.argv[1:])
