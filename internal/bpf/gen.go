package bpf

// The same source makes two objects: programs with BTF arguments, and raw
// tracepoints for kernels that refuse those.

//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel -output-stem drop -type drop_event bpf drop.bpf.c -- -O2 -g -Wall -Werror -mcpu=v3 -Iheaders -I/usr/include/x86_64-linux-gnu
//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel -output-stem dropraw -no-global-types raw drop.bpf.c -- -O2 -g -Wall -Werror -mcpu=v3 -DRAW_TRACEPOINT -Iheaders -I/usr/include/x86_64-linux-gnu
//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel -output-stem symbol -type symbol_request symbol symbol.bpf.c -- -O2 -g -Wall -Werror -mcpu=v3 -Iheaders -I/usr/include/x86_64-linux-gnu
