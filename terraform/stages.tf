# The resources and instances of each function: the defaults, overridden by var.stages.
#
# The defaults are generated from shared/model/stages.py, which says why they are what they are. Cloud Run refuses a
# service whose instances could exceed the region's quota together; in a new project that is 20 vCPU and 40 GiB.
locals {
  defaults = jsondecode(file("${path.module}/../shared/generated/stages.json"))

  # What an L4 needs.
  with_gpu = { cpu = 4, memory_gib = 16, max_instances = 2 }

  stages = { for name, default in local.defaults : name => merge(
    { gpu = null, min_instances = 0 },
    default,
    try(var.stages[name].gpu, null) == null ? {} : local.with_gpu,
    { for key, value in try(var.stages[name], {}) : key => value if value != null },
  ) }
}
