/// Errors that teach: what operation, which rule, and the values that broke it.
#pragma once

#include <stdexcept>
#include <string>

namespace neb {

/// Base of every exception that neb throws.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The shapes of an operation's inputs do not fit each other or the operation.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A value is outside the range that an operation or option accepts.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// A derivative was asked for that the graph cannot give (a target not reached, a loss that is not a scalar).
class GraphError : public Error {
 public:
  using Error::Error;
};

/// A file cannot be read or written, or its content breaks its format.
class FileError : public Error {
 public:
  using Error::Error;
};

}  // namespace neb
