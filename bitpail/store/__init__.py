"""SQL: functions that take a connection and return model values. Nothing here judges anybody."""
