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
test-vm: ## the same tests under older and newer kernels (qemu; kernels are fetched once)
	$(BUILD) -o bin/vmexec ./internal/vmtest/cmd/vmexec
	bin/vmexec kernels
	@.ci/vm-jobs | xargs -P3 -L1 bin/vmexec tests

test: packages lint check-generated test-unit test-root test-vm ## everything, installing what is missing

bench: ## cost of a drop, an idle agent and a report of 500 hosts, against peers (root); BENCH=-quick for less, or BENCH='-only agent,cluster'
	@{ command -v bpftrace && command -v perf && command -v nft && command -v qemu-system-x86_64 && command -v dwdump; } >/dev/null || \
		apt-get install -qq -y --no-install-recommends bpftrace linux-perf nftables qemu-system-x86 dropwatch
	$(GO) run ./internal/bench $(BENCH)

.PHONY: simulate
simulate: ## clusters of 30, 100 and 300 members and of 1000 mute hosts in one process; SIMULATE=-quick for less
	$(GO) run ./internal/peer/simulate $(SIMULATE)

fuzz: ## each fuzz target for a short time
	.ci/fuzz

clean:
	rm -rf bin
