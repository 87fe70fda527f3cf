# One entry a function: what it gets unless var.stages says otherwise.
#
# Memory is what a function was seen to hold (benchmarks/README.md) and again as much; files in /tmp count, too. Cloud
# Run bills what is asked for while a request is worked on, so more is not free. max_instances is the cap on spending:
# what does not fit waits, the workflow asks again. As they are, a function's instances fit into 20 vCPU and 40 GiB.
locals {
  defaults = {
    prepare    = { model = false, cpu = 2, memory_gib = 4, concurrency = 1, max_instances = 5 }
    transcribe = { model = true, cpu = 4, memory_gib = 8, concurrency = 1, max_instances = 5 }
    align      = { model = true, cpu = 2, memory_gib = 4, concurrency = 1, max_instances = 5 }
    diarize    = { model = true, cpu = 2, memory_gib = 4, concurrency = 1, max_instances = 5 }
    finalize   = { model = false, cpu = 1, memory_gib = 2, concurrency = 2, max_instances = 5 }
    reconcile  = { model = false, cpu = 1, memory_gib = 1, concurrency = 1, max_instances = 1 }
  }

  stages = { for name, default in local.defaults : name => merge(
    { gpu = null, min_instances = 0 },
    default,
    try(var.stages[name].gpu, null) == null ? {} : { cpu = 4, memory_gib = 16, max_instances = 3 }, # what an L4 needs; its first quota
    { for key, value in try(var.stages[name], {}) : key => value if value != null },
  ) }
}
