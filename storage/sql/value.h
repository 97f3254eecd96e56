// Values that are bound to a statement, and rows that come back. The types are
// the three of portable SQL: INT64, TEXT, BYTES, each of which may be NULL.
#ifndef SHIMING_STORAGE_SQL_VALUE_H_
#define SHIMING_STORAGE_SQL_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace shiming::sql {

enum class Type { kInt, kText, kBytes };

// A typed parameter. The type is kept for NULL too: PostgreSQL would guess it
// otherwise. A value; safe to copy between threads.
class Value {
 public:
  static Value Int(int64_t value);
  // UTF-8 without NUL byte and not empty: '' is NULL on some engines, so use
  // NullText() or a real value. A driver refuses others (INVALID_REQUEST).
  static Value Text(std::string value);
  // Any bytes, also none.
  static Value Bytes(std::string value);
  static Value NullInt();
  static Value NullText();
  static Value NullBytes();
  // NULL when there is no value.
  static Value OptionalInt(std::optional<int64_t> value);
  // NULL when the text is empty.
  static Value TextOrNull(std::string value);

  // Out of line: lists of parameters stand everywhere, and inlining a variant
  // into each costs minutes of compiling under the sanitizers.
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();

  Type type() const { return type_; }
  bool is_null() const {
    return std::holds_alternative<std::monostate>(value_);
  }
  // Ends the process where the type is another or the value is NULL.
  int64_t int_value() const;
  // Of TEXT and BYTES; ends the process for an integer or NULL.
  const std::string& string_value() const;

 private:
  using Stored = std::variant<std::monostate, int64_t, std::string>;
  Value(Type type, Stored value);

  Type type_;
  Stored value_;
};

// One row of a result. The statement's author knows the columns, so reading a
// column that is not there, as another type, or NULL as a value is a
// programmer error and ends the process.
class Row {
 public:
  explicit Row(std::vector<Value> columns) : columns_(std::move(columns)) {}

  size_t size() const { return columns_.size(); }
  bool IsNull(size_t column) const { return At(column).is_null(); }
  int64_t Int(size_t column) const;
  const std::string& Text(size_t column) const;
  const std::string& Bytes(size_t column) const;
  // nullopt for NULL.
  std::optional<int64_t> OptionalInt(size_t column) const;
  // Empty for NULL (an empty TEXT is never stored).
  std::string TextOrEmpty(size_t column) const;
  // Empty for NULL.
  std::string BytesOrEmpty(size_t column) const;

 private:
  const Value& At(size_t column) const;
  const Value& Typed(size_t column, Type type) const;

  std::vector<Value> columns_;
};

using Params = std::vector<Value>;
using Rows = std::vector<Row>;

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_VALUE_H_
