output "upload_command" {
  description = "How a recording is dropped in."
  value       = module.dropscribe.upload_command
}

output "read_command" {
  description = "How its answer is read."
  value       = module.dropscribe.read_command
}
