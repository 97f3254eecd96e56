"""Protocol Buffers and gRPC by Debian's compiler and plugin."""

def shiming_proto(name, src, deps = [], grpc = False):
    """Generates the messages of one .proto file, and its services apart.

    Makes the cc_library `name` (messages only). With grpc = True also
    `name + "_grpc"` (stubs and skeletons), which only common/rpc, service
    roots, tests and tools may use.

    Args:
      name: name of the message library.
      src: the .proto file, below protos/.
      deps: other shiming_proto targets that it imports.
      grpc: whether the file declares services.
    """
    stem = src[:-len(".proto")]
    native.filegroup(
        name = name + "_proto",
        srcs = [src] + [d + "_proto" for d in deps],
    )
    native.genrule(
        name = name + "_gen",
        srcs = [name + "_proto"],
        outs = [stem + ".pb.h", stem + ".pb.cc"],
        cmd = "$(location @system//:protoc) -Iprotos -I/usr/include " +
              "--cpp_out=$(RULEDIR) protos/" + src,
        tools = ["@system//:protoc"],
    )
    native.cc_library(
        name = name,
        srcs = [stem + ".pb.cc"],
        hdrs = [stem + ".pb.h"],
        includes = ["."],
        visibility = ["//visibility:public"],
        deps = deps + ["@system//:protobuf"],
    )
    if grpc:
        native.genrule(
            name = name + "_grpc_gen",
            srcs = [name + "_proto"],
            outs = [stem + ".grpc.pb.h", stem + ".grpc.pb.cc"],
            cmd = "$(location @system//:protoc) -Iprotos -I/usr/include " +
                  "--plugin=protoc-gen-grpc=$(location @system//:grpc_cpp_plugin) " +
                  "--grpc_out=$(RULEDIR) protos/" + src,
            tools = ["@system//:protoc", "@system//:grpc_cpp_plugin"],
        )
        native.cc_library(
            name = name + "_grpc",
            srcs = [stem + ".grpc.pb.cc"],
            hdrs = [stem + ".grpc.pb.h"],
            includes = ["."],
            visibility = [
                "//common/rpc:__subpackages__",
                "//common/testing:__subpackages__",
                "//services:__subpackages__",
                "//tests:__subpackages__",
                "//tools:__subpackages__",
            ],
            deps = [":" + name, "@system//:grpc"],
        )
