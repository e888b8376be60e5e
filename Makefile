# Everything a developer does. Targets that need root say so.

GO ?= go
BUILD = CGO_ENABLED=0 $(GO) build -trimpath

.PHONY: help build generate check-generated lint test-unit test-root test bench fuzz clean packages

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

build: ## one static binary in bin/
	$(BUILD) -o bin/dropwatch ./cmd/dropwatch

packages: ## install what the tests need (Debian, root)
	.ci/packages

generate: ## rebuild the BPF objects and the knowledge base (needs clang-14, libbpf-dev)
	$(GO) generate ./...

check-generated: generate ## fail if what is generated is not what is committed
	git diff --exit-code --stat -- internal/bpf internal/explain counters

lint: ## gofmt, vet, staticcheck
	@test -z "$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go'))" || { gofmt -l $$(git ls-files -co --exclude-standard '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

test-unit: ## tests that need nothing
	$(GO) test -skip '^TestRoot' ./...

test-root: ## drops on this kernel, counted exactly (root, BTF)
	DROPWATCH_CI=1 $(GO) test -count=1 -timeout 15m -run '^TestRoot' ./...

.PHONY: test-vm
VM_KERNELS = 5.10 6.1 6.12 newest
# the longest first, so that the last ones to run are short
VM_TESTS = internal/scenario=^TestRoot internal/netdm=^TestVM dropmon=^TestVM(Conformance|Hardware) internal/bpf=^TestRootVariants
# what does not depend on the kernel but needs a drop monitor
VM_TESTS_ONCE = cmd/dropwatch=^TestVM dropmon=^TestVMBoth
VM_PACKAGES = $(sort $(foreach t,$(VM_TESTS) $(VM_TESTS_ONCE),$(firstword $(subst =, ,$(t)))))
test-vm: ## the same tests under older and newer kernels (qemu; kernels are fetched once)
	$(BUILD) -o bin/vmexec ./internal/vmtest/cmd/vmexec
	bin/vmexec kernels
	@mkdir -p bin/vm
	@for p in $(VM_PACKAGES); do CGO_ENABLED=0 $(GO) test -c -o bin/vm/$$p.test ./$$p || exit; done
	@{ for t in $(VM_TESTS_ONCE); do echo "6.1 $$t"; done; \
		for t in $(foreach t,$(VM_TESTS),'$t'); do for k in $(VM_KERNELS); do echo "$$k $$t"; done; done; } | \
		sed 's|\(.*\) \(.*\)=\(.*\)|\1 \2=bin/vm/\2.test=\3|' | xargs -P3 -L1 bin/vmexec tests

test: packages lint check-generated test-unit test-root test-vm ## everything, installing what is missing

bench: ## cost of a drop against an empty program, bpftrace and perf (root); BENCH=-quick for less
	@{ command -v bpftrace && command -v perf && command -v nft && command -v qemu-system-x86_64 && command -v dwdump; } >/dev/null || \
		apt-get install -qq -y --no-install-recommends bpftrace linux-perf nftables qemu-system-x86 dropwatch
	$(GO) run ./internal/bench $(BENCH)

fuzz: ## each fuzz target for a short time
	.ci/fuzz

clean:
	rm -rf bin
