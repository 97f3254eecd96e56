#include "storage/requests/idempotency_keys.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::requests {
namespace {

using sql::Params;
using sql::Row;
using sql::Value;

constexpr sql::Migration kMigrations[] = {
    {.number = 1,
     .name = "requests",
     .sql = R"(CREATE TABLE IF NOT EXISTS requests (
       caller TEXT NOT NULL,
       method TEXT NOT NULL,
       request_id TEXT NOT NULL,
       content_hash BYTES NOT NULL,
       result_id TEXT NOT NULL,
       created_us INT64 NOT NULL,
       PRIMARY KEY (caller, method, request_id)))",
     .verify_sql = "SELECT content_hash, result_id, created_us "
                   "FROM requests WHERE caller = '-'"},
    {.number = 2,
     .name = "requests by time",
     .sql = "CREATE INDEX IF NOT EXISTS requests_by_time "
            "ON requests (created_us)",
     .verify_sql = "SELECT COUNT(*) FROM requests WHERE created_us < 0"},
};

Params KeyParams(const RequestKey& key) {
  return {Value::Text(key.caller), Value::Text(key.method),
          Value::Text(key.request_id)};
}

}  // namespace

std::span<const sql::Migration> IdempotencyKeys::Migrations() {
  return kMigrations;
}

absl::StatusOr<std::optional<std::string>> IdempotencyKeys::Find(
    sql::Snapshot& snapshot, const RequestKey& key,
    std::string_view content_hash) const {
  ASSIGN_OR_RETURN(std::optional<Row> row,
                   snapshot.QueryAtMostOne(
                       "SELECT content_hash, result_id FROM requests "
                       "WHERE caller = $1 AND method = $2 AND request_id = $3",
                       KeyParams(key)));
  if (!row.has_value()) return std::optional<std::string>();
  if (!crypto::ConstantTimeEquals(row->Bytes(0), content_hash)) {
    return MakeError(Reason::REQUEST_ID_REUSED,
                     "this request_id was used with other content",
                     {.field = "request_id"});
  }
  return std::optional<std::string>(row->Text(1));
}

absl::StatusOr<std::optional<std::string>> IdempotencyKeys::Claim(
    sql::Transaction& tx, const RequestKey& key, std::string_view content_hash,
    std::string_view result_id) const {
  ASSIGN_OR_RETURN(std::optional<std::string> found,
                   Find(tx, key, content_hash));
  if (found.has_value()) return found;
  Params params = KeyParams(key);
  params.push_back(Value::Bytes(std::string(content_hash)));
  params.push_back(Value::Text(std::string(result_id)));
  params.push_back(Value::Int(ToMicros(options_.clock.Now())));
  ASSIGN_OR_RETURN(
      int64_t inserted,
      tx.InsertIgnore("INSERT INTO requests (caller, method, request_id, "
                      "content_hash, result_id, created_us) "
                      "VALUES ($1, $2, $3, $4, $5, $6)",
                      std::move(params)));
  if (inserted == 1) return std::optional<std::string>();
  return sql::RunAgain("the same request is being done");
}

absl::StatusOr<int64_t> IdempotencyKeys::DeleteExpired(sql::Transaction& tx,
                                                       int64_t limit) const {
  const int64_t before_us = ToMicros(options_.clock.Now() - options_.kept);
  ASSIGN_OR_RETURN(sql::Rows rows,
                   tx.Query("SELECT caller, method, request_id FROM requests "
                            "WHERE created_us < $1 ORDER BY created_us "
                            "LIMIT $2",
                            {Value::Int(before_us), Value::Int(limit)}));
  for (const Row& row : rows) {
    RETURN_IF_ERROR(
        tx.Execute("DELETE FROM requests WHERE caller = $1 AND method = $2 "
                   "AND request_id = $3",
                   {Value::Text(row.Text(0)), Value::Text(row.Text(1)),
                    Value::Text(row.Text(2))})
            .status());
  }
  return static_cast<int64_t>(rows.size());
}

std::string ContentHash(const crypto::Secret& key,
                        const google::protobuf::Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return crypto::HmacSha256(key.Reveal(), bytes);
}

}  // namespace shiming::requests
