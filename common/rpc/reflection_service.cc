#include "common/rpc/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>

#include "absl/time/clock.h"

namespace shiming::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

// Questions that one stream may ask: a client asks a few per service.
constexpr int kMaxQuestions = 1000;

void AddFile(const FileDescriptor& file, std::set<std::string>& seen,
             ServerReflectionResponse& response) {
  if (!seen.insert(file.name()).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(
      proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFile(*file.dependency(i), seen, response);
  }
}

void SetNotFound(ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(
      static_cast<int>(grpc::StatusCode::NOT_FOUND));
  response.mutable_error_response()->set_error_message("not found");
}

void SetFile(const FileDescriptor* file, ServerReflectionResponse& response) {
  if (file == nullptr) return SetNotFound(response);
  std::set<std::string> seen;
  AddFile(*file, seen, response);
}

void SetExtensionNumbers(const std::string& type,
                         ServerReflectionResponse& response) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  const Descriptor* message = pool->FindMessageTypeByName(type);
  if (message == nullptr) return SetNotFound(response);
  std::vector<const FieldDescriptor*> extensions;
  pool->FindAllExtensions(message, &extensions);
  auto* answer = response.mutable_all_extension_numbers_response();
  answer->set_base_type_name(type);
  for (const FieldDescriptor* extension : extensions) {
    answer->add_extension_number(extension->number());
  }
}

const FileDescriptor* FileOfExtension(const std::string& type, int number) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  const Descriptor* message = pool->FindMessageTypeByName(type);
  if (message == nullptr) return nullptr;
  const FieldDescriptor* extension =
      pool->FindExtensionByNumber(message, number);
  return extension == nullptr ? nullptr : extension->file();
}

void Answer(const ServerReflectionRequest& request,
            const std::vector<std::string>& services,
            ServerReflectionResponse& response) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      return SetFile(pool->FindFileByName(request.file_by_filename()),
                     response);
    case ServerReflectionRequest::kFileContainingSymbol:
      return SetFile(
          pool->FindFileContainingSymbol(request.file_containing_symbol()),
          response);
    case ServerReflectionRequest::kFileContainingExtension:
      return SetFile(
          FileOfExtension(
              request.file_containing_extension().containing_type(),
              request.file_containing_extension().extension_number()),
          response);
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      return SetExtensionNumbers(request.all_extension_numbers_of_type(),
                                 response);
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : services) {
        response.mutable_list_services_response()->add_service()->set_name(
            name);
      }
      return;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      break;
  }
  response.mutable_error_response()->set_error_code(
      static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
  response.mutable_error_response()->set_error_message("no question");
}

// One stream: read, answer, read ... Deletes itself.
class Reactor final : public grpc::ServerBidiReactor<ServerReflectionRequest,
                                                     ServerReflectionResponse> {
 public:
  Reactor(const grpc::Status& refusal, const std::vector<std::string>& services)
      : services_(services) {
    if (refusal.ok()) {
      StartRead(&request_);
    } else {
      Finish(refusal);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok || ++questions_ > kMaxQuestions) {
      Finish(ok ? grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                               "too many questions on one stream")
                : grpc::Status::OK);
      return;
    }
    response_.Clear();
    Answer(request_, services_, response_);
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      StartRead(&request_);
    } else {
      Finish(grpc::Status::OK);
    }
  }

  void OnDone() override { delete this; }

 private:
  ~Reactor() override = default;

  const std::vector<std::string>& services_;  // of the service
  ServerReflectionRequest request_;
  ServerReflectionResponse response_;
  int questions_ = 0;
};

}  // namespace

ReflectionService::ReflectionService(Dispatcher& dispatcher)
    : dispatcher_(dispatcher) {}

void ReflectionService::SetServices(const std::vector<std::string>& services) {
  services_ = services;
}

grpc::ServerBidiReactor<ServerReflectionRequest, ServerReflectionResponse>*
ReflectionService::ServerReflectionInfo(grpc::CallbackServerContext* context) {
  return new Reactor(
      dispatcher_.Check(
          *context,
          "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
      services_);
}

}  // namespace shiming::rpc
