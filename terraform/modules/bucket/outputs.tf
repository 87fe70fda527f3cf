output "name" {
  description = "The bucket's name."
  value       = local.name
}
