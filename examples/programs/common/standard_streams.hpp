/// Standard input, output and error as a program may find them: closed, full, or with nobody who reads.
#pragma once

namespace examples {

/// Opens those that are closed on /dev/null, so that no file gets their number, and makes writing to a pipe that nobody reads
/// an error instead of the end.
void open_standard_streams();

/// Flushes standard output, and remembers why it could not be written.
void flush_output();

/// Flushes, and returns the errno with which writing to standard output failed first; 0 if it did not, and if somebody stopped
/// reading, who knows what they left.
int output_failure();

}  // namespace examples
