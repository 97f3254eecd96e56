#include "tools/shimingctl/audit_export.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/status_macros.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"
#include "tools/shimingctl/audit_filter.h"
#include "tools/shimingctl/audit_lines.h"
#include "tools/shimingctl/audit_query.h"
#include "tools/shimingctl/connection.h"
#include "tools/shimingctl/export_file.h"

namespace shiming::shimingctl {
namespace {

using ledger::v1::StreamEntriesRequest;
using ledger::v1::StreamEntriesResponse;
using Stub = ledger::v1::LedgerAuditService::Stub;

// How often the place is kept and progress is told.
constexpr absl::Duration kKeepEvery = absl::Seconds(1);

void TellProgress(const ExportFile& file) {
  const double share = file.end_index() == 0
                           ? 100
                           : 100.0 * static_cast<double>(file.next_index()) /
                                 static_cast<double>(file.end_index());
  fprintf(stderr, "%lld of %lld entries looked at (%.1f %%), %lld exported\n",
          static_cast<long long>(file.next_index()),
          static_cast<long long>(file.end_index()), share,
          static_cast<long long>(file.line_count()));
}

// Lines of one message.
absl::Status Write(const StreamEntriesResponse& message, LineFormat format,
                   ExportFile& file) {
  std::string lines;
  for (const ledger::v1::LedgerEntry& entry : message.entries()) {
    ASSIGN_OR_RETURN(const std::string line, LineOf(format, entry));
    lines.append(line);
  }
  return file.Append(lines, message.entries_size());
}

absl::Status ReadStream(Stub& stub, const StreamEntriesRequest& request,
                        LineFormat format, ExportFile& file) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  const auto reader = stub.StreamEntries(&context, request);
  StreamEntriesResponse message;
  absl::Time kept = absl::Now();
  int64_t next = request.start_index();
  int64_t end = request.end_index();
  int64_t redacted = 0;
  absl::Status written;
  while (written.ok() && reader->Read(&message)) {
    redacted = message.redacted_entry_count();
    next = message.next_index();
    end = message.end_index();
    written = Write(message, format, file);
    if (!written.ok() || absl::Now() - kept < kKeepEvery) continue;
    kept = absl::Now();
    written = file.Keep(next, end);
    TellProgress(file);
  }
  if (!written.ok()) context.TryCancel();
  const absl::Status ended = ToStatus(reader->Finish());
  if (!written.ok()) return written;
  RETURN_IF_ERROR(file.Keep(next, end));
  TellProgress(file);
  RETURN_IF_ERROR(ended);
  if (next != end) return absl::UnavailableError("the stream ended early");
  TellRedacted(redacted);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunAuditExport(Arguments& arguments) {
  RETURN_IF_ERROR(arguments.Word(1, "export").status());
  ASSIGN_OR_RETURN(const config::v1::CtlConfig config,
                   LoadCtlConfig(arguments));
  ASSIGN_OR_RETURN(const std::string auditor, arguments.Required("as"));
  ASSIGN_OR_RETURN(const AuditFilter filter, ReadAuditFilter(arguments));
  const std::string format_name = arguments.Option("format", "ndjson");
  ASSIGN_OR_RETURN(const LineFormat format, ParseLineFormat(format_name));
  const std::string out = arguments.Option("out");
  const std::string resume = arguments.Option("resume");
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::Channel> channel,
      ConnectAs(config, "auditor", auditor, config.issuance_ledger()));
  const std::unique_ptr<Stub> stub =
      ledger::v1::LedgerAuditService::NewStub(channel);
  RETURN_IF_ERROR(CheckKeyOfLog(*stub, filter));

  const std::string digest =
      crypto::ToHex(crypto::Sha256(filter.filter.SerializeAsString()));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<ExportFile> file,
      ExportFile::Open({.out = out,
                        .resume = resume,
                        .what = absl::StrCat(format_name, " ",
                                             config.issuance_ledger().address(),
                                             " ", digest),
                        .heading = HeadingOf(format)}));
  StreamEntriesRequest request;
  *request.mutable_filter() = filter.filter;
  request.set_start_index(file->next_index());
  request.set_end_index(file->end_index());
  return ReadStream(*stub, request, format, *file);
}

}  // namespace shiming::shimingctl
