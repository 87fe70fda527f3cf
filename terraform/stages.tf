# The resources and instances of each function: the defaults, overridden by var.stages.
#
# The defaults are generated from shared/model/stages.py, which gives the reasons for them. Cloud Run refuses a service
# whose instances together could exceed the region's quota. In a new project that is 20 vCPU and 40 GiB.
locals {
  defaults = jsondecode(file("${path.module}/../shared/generated/stages.json"))

  # Resources of a function with an L4.
  with_gpu = { cpu = 4, memory_gib = 16, max_instances = 2 }

  stages = { for name, default in local.defaults : name => merge(
    { gpu = null, min_instances = 0 },
    default,
    try(var.stages[name].gpu, null) == null ? {} : local.with_gpu,
    { for key, value in try(var.stages[name], {}) : key => value if value != null },
  ) }

  # Functions that only this project calls. The gateway is called from outside; see gateway.tf.
  internal = { for name, stage in local.stages : name => stage if name != "gateway" }
}
