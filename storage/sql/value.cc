#include "storage/sql/value.h"

#include <utility>

#include "common/status/check.h"

namespace shiming::sql {

Value::Value(Type type, Stored value) : type_(type), value_(std::move(value)) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;

Value Value::Int(int64_t value) { return Value(Type::kInt, value); }

Value Value::Text(std::string value) {
  return Value(Type::kText, std::move(value));
}

Value Value::Bytes(std::string value) {
  return Value(Type::kBytes, std::move(value));
}

Value Value::NullInt() { return Value(Type::kInt, std::monostate()); }

Value Value::NullText() { return Value(Type::kText, std::monostate()); }

Value Value::NullBytes() { return Value(Type::kBytes, std::monostate()); }

Value Value::OptionalInt(std::optional<int64_t> value) {
  return value.has_value() ? Int(*value) : NullInt();
}

Value Value::TextOrNull(std::string value) {
  return value.empty() ? NullText() : Text(std::move(value));
}

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
