"""C++ rules of this project: the native ones with our warnings as errors."""

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    # Designated initializers leave the rest at its default on purpose.
    "-Wno-missing-field-initializers",
    # gcc 12 takes Asio's own operator new of coroutine frames, once inlined,
    # for a mismatch with its operator delete.
    "-Wno-mismatched-new-delete",
]

def shiming_cc_library(name, copts = [], **kwargs):
    """cc_library with the project's warnings."""
    native.cc_library(name = name, copts = _COPTS + copts, **kwargs)

def shiming_cc_binary(name, copts = [], **kwargs):
    """cc_binary with the project's warnings."""
    native.cc_binary(name = name, copts = _COPTS + copts, **kwargs)

def shiming_cc_test(name, deps = [], copts = [], main = True, tags = [], tsan = False, **kwargs):
    """cc_test with GoogleTest and the project's warnings.

    Args:
      name: name of the target.
      deps: libraries beside GoogleTest.
      copts: further compiler flags.
      main: false where the test brings its own main.
      tags: Bazel tags; "e2e" keeps a test out of the sanitizer runs.
      tsan: true for code free of gRPC and absl::Mutex: it also runs under TSan.
      **kwargs: passed on.
    """
    native.cc_test(
        name = name,
        copts = _COPTS + copts,
        tags = tags + (["tsan"] if tsan else []),
        deps = deps + ["@system//:gtest_main" if main else "@system//:gtest"] +
               (["//tools/build:tsan_suppressions"] if tsan else []),
        **kwargs
    )
