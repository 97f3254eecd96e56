#include "storage/sql/postgres_values.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

// pg_type.dat of PostgreSQL.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kName = 19;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kVarchar = 1043;

Oid TypeOf(Type type) {
  switch (type) {
    case Type::kInt:
      return kInt8;
    case Type::kText:
      return kText;
    case Type::kBytes:
      return kBytea;
  }
  return kText;
}

char LetterOf(Type type) {
  switch (type) {
    case Type::kInt:
      return 'i';
    case Type::kText:
      return 't';
    case Type::kBytes:
      return 'b';
  }
  return '?';
}

std::string BigEndian(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>((bits >> (56 - 8 * i)) & 0xFF);
  }
  return bytes;
}

// The signed number in 1, 2, 4 or 8 bytes, big-endian.
int64_t FromBigEndian(const char* bytes, int size) {
  uint64_t bits = static_cast<signed char>(bytes[0]) < 0 ? ~uint64_t{0} : 0;
  for (int i = 0; i < size; ++i) {
    bits = (bits << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return static_cast<int64_t>(bits);
}

// A literal such as 1 is INT4, a count INT8: to us all are INT64.
std::optional<Type> OurType(Oid oid) {
  switch (oid) {
    case kInt8:
    case kInt4:
    case kInt2:
    case kBool:
      return Type::kInt;
    case kText:
    case kVarchar:
    case kName:
      return Type::kText;
    case kBytea:
      return Type::kBytes;
    default:
      return std::nullopt;
  }
}

Value Null(Type type) {
  switch (type) {
    case Type::kInt:
      return Value::NullInt();
    case Type::kText:
      return Value::NullText();
    case Type::kBytes:
      return Value::NullBytes();
  }
  return Value::NullInt();
}

absl::StatusOr<std::vector<Type>> ColumnTypes(const PGresult* result) {
  std::vector<Type> types;
  const int count = PQnfields(result);
  for (int i = 0; i < count; ++i) {
    const std::optional<Type> type = OurType(PQftype(result, i));
    if (!type.has_value() || PQfformat(result, i) != 1) {
      return MakeSqlError(
          SqlError::kStatement,
          absl::StrCat("column ", i + 1, " is of type OID ", PQftype(result, i),
                       ", which is none of BIGINT, TEXT and BYTEA"));
    }
    types.push_back(*type);
  }
  return types;
}

Value ReadColumn(const PGresult* result, int row, int column, Type type) {
  if (PQgetisnull(result, row, column) != 0) return Null(type);
  const char* data = PQgetvalue(result, row, column);
  const int size = PQgetlength(result, row, column);
  if (type == Type::kInt) return Value::Int(FromBigEndian(data, size));
  std::string bytes(data, size);
  return type == Type::kText ? Value::Text(std::move(bytes))
                             : Value::Bytes(std::move(bytes));
}

}  // namespace

PostgresParams::PostgresParams(const Params& params) {
  integers_.reserve(params.size());  // pointed into
  for (const Value& value : params) {
    types_.push_back(TypeOf(value.type()));
    const bool is_bytes = value.type() == Type::kBytes;
    types_but_bytes_.push_back(is_bytes ? 0 : types_.back());
    has_bytes_ = has_bytes_ || is_bytes;
    signature_.push_back(LetterOf(value.type()));
    formats_.push_back(1);
    if (value.is_null()) {
      values_.push_back(nullptr);
      lengths_.push_back(0);
      continue;
    }
    if (value.type() == Type::kInt) {
      integers_.push_back(BigEndian(value.int_value()));
      values_.push_back(integers_.back().data());
      lengths_.push_back(8);
      continue;
    }
    const std::string& bytes = value.string_value();
    values_.push_back(bytes.data());
    lengths_.push_back(static_cast<int>(bytes.size()));
  }
}

bool TakesBytesForText(const PGresult* description,
                       const PostgresParams& params) {
  const int count = std::min(PQnparams(description), params.count());
  for (int i = 0; i < count; ++i) {
    if (params.types()[i] == kBytea && PQparamtype(description, i) == kText) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<Rows> ReadPostgresRows(const PGresult* result) {
  ASSIGN_OR_RETURN(const std::vector<Type> types, ColumnTypes(result));
  Rows rows;
  const int count = PQntuples(result);
  rows.reserve(count);
  for (int row = 0; row < count; ++row) {
    std::vector<Value> columns;
    columns.reserve(types.size());
    for (size_t i = 0; i < types.size(); ++i) {
      columns.push_back(ReadColumn(result, row, static_cast<int>(i), types[i]));
    }
    rows.emplace_back(std::move(columns));
  }
  return rows;
}

}  // namespace shiming::sql
