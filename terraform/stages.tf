# One entry a function: what it gets unless var.stages says otherwise.
#
# One vCPU, since two instances with one thread do more than one with two. Memory is at least half as much again as a
# function was seen to hold (benchmarks/README.md); files in /tmp count, too. max_instances is the cap on spending: what
# does not fit waits, for the workflow asks again. Cloud Run refuses a service whose instances could have more than the
# region's quota together; in a new project that is 20 vCPU and 40 GiB.
locals {
  defaults = {
    prepare    = { model = false, cpu = 1, memory_gib = 2, concurrency = 1, max_instances = 5 }
    transcribe = { model = true, cpu = 1, memory_gib = 3, concurrency = 1, max_instances = 10 }
    align      = { model = true, cpu = 1, memory_gib = 2, concurrency = 1, max_instances = 10 }
    diarize    = { model = true, cpu = 1, memory_gib = 2, concurrency = 1, max_instances = 10 }
    finalize   = { model = false, cpu = 1, memory_gib = 2, concurrency = 2, max_instances = 5 }
    reconcile  = { model = false, cpu = 1, memory_gib = 1, concurrency = 1, max_instances = 1 }
  }

  # What an L4 needs.
  with_gpu = { cpu = 4, memory_gib = 16, max_instances = 2 }

  stages = { for name, default in local.defaults : name => merge(
    { gpu = null, min_instances = 0 },
    default,
    try(var.stages[name].gpu, null) == null ? {} : local.with_gpu,
    { for key, value in try(var.stages[name], {}) : key => value if value != null },
  ) }
}
