# For doxygen: a header opens with a comment about the file. Where `#pragma once` was, a line less, so that line numbers stay.
1s|^/// |/// @file\
/// |
/^#pragma once$/d
# Three spaces set off code there; Markdown wants four.
/^\/\/\/   [^-]/s|^///   |///       |
# It does not know inline namespaces that a macro names, and macros are not for users.
s/^\(namespace .*kernels\)::inline NEB_INSTRUCTION_SET/\1/
/^#define NEB_/d
