#include "storage/sql/value.h"

#include "common/status/check.h"

namespace shiming::sql {

int64_t Value::int_value() const {
  const int64_t* value = std::get_if<int64_t>(&value_);
  SHIMING_CHECK(value != nullptr, "value read as INT64 is none");
  return *value;
}

const std::string& Value::string_value() const {
  const std::string* value = std::get_if<std::string>(&value_);
  SHIMING_CHECK(value != nullptr, "value read as TEXT or BYTES is none");
  return *value;
}

const Value& Row::At(size_t column) const {
  SHIMING_CHECK(column < columns_.size(), "no such column in this row");
  return columns_[column];
}

const Value& Row::Typed(size_t column, Type type) const {
  const Value& value = At(column);
  SHIMING_CHECK(!value.is_null(), "NULL read as a value");
  SHIMING_CHECK(value.type() == type, "column read as another type");
  return value;
}

int64_t Row::Int(size_t column) const {
  return Typed(column, Type::kInt).int_value();
}

const std::string& Row::Text(size_t column) const {
  return Typed(column, Type::kText).string_value();
}

const std::string& Row::Bytes(size_t column) const {
  return Typed(column, Type::kBytes).string_value();
}

std::optional<int64_t> Row::OptionalInt(size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::string Row::TextOrEmpty(size_t column) const {
  return IsNull(column) ? std::string() : Text(column);
}

std::string Row::BytesOrEmpty(size_t column) const {
  return IsNull(column) ? std::string() : Bytes(column);
}

}  // namespace shiming::sql
