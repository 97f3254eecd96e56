#include "identity/evidence/signed_object.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <vector>

namespace shiming::identity {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Everything before the message.
std::string Head(std::string_view label) {
  std::string head(label);
  head += '\0';
  return head;
}

bool HasUnknownFields(const Message& message) {
  const Reflection* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const Message& child =
          field->is_repeated()
              ? reflection->GetRepeatedMessage(message, field, i)
              : reflection->GetMessage(message, field);
      if (HasUnknownFields(child)) return true;
    }
  }
  return false;
}

}  // namespace

std::string SignedBytes(std::string_view label, const Message& message) {
  std::string bytes = Head(label);
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

absl::StatusOr<v1::SignedObject> SignObject(std::string_view label,
                                            const Message& message,
                                            const crypto::SigningKey& key) {
  v1::SignedObject object;
  object.set_signed_(SignedBytes(label, message));
  ASSIGN_OR_RETURN(*object.mutable_signature(), key.Sign(object.signed_()));
  return object;
}

absl::Status OpenSigned(std::string_view label, std::string_view signed_bytes,
                        std::string_view signature,
                        const crypto::VerifyKey& key,
                        const SignedObjectReasons& reasons, Message* message) {
  const std::string head = Head(label);
  if (signed_bytes.size() > kMaxSignedBytes ||
      signed_bytes.substr(0, head.size()) != head ||
      !key.Verify(signed_bytes, signature).ok()) {
    return MakeError(reasons.bad_signature, "signed object refused");
  }
  if (!PeekSigned(label, signed_bytes, message)) {
    return MakeError(reasons.malformed, "signed object has another content");
  }
  return absl::OkStatus();
}

bool PeekSigned(std::string_view label, std::string_view signed_bytes,
                Message* message) {
  message->Clear();
  const std::string head = Head(label);
  if (signed_bytes.size() > kMaxSignedBytes ||
      signed_bytes.substr(0, head.size()) != head) {
    return false;
  }
  const std::string_view body = signed_bytes.substr(head.size());
  return message->ParseFromArray(body.data(), static_cast<int>(body.size())) &&
         !HasUnknownFields(*message);
}

}  // namespace shiming::identity
