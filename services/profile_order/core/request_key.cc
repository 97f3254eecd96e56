#include "services/profile_order/core/request_key.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "common/crypto/digest.h"

namespace shiming::profile_order {

RequestKey MakeRequestKey(const crypto::Secret& content_key,
                          std::string_view caller, std::string_view method,
                          const std::string& request_id,
                          const google::protobuf::Message& content) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    content.SerializeToCodedStream(&coded);
  }
  return RequestKey{
      .caller = std::string(caller),
      .method = std::string(method),
      .request_id = request_id,
      .content_hash = crypto::HmacSha256(content_key.Reveal(), bytes)};
}

}  // namespace shiming::profile_order
