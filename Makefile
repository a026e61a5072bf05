# Targets for people and for CI. `make` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
FUZZTIME ?= 30s
BENCH ?= .
ROWS ?=

# What --version and helpdesk_exporter_build_info say; without git, that it is unknown.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BRANCH ?= $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
BUILD_DATE ?= $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
STAMP := github.com/prometheus/common/version
LDFLAGS := -X $(STAMP).Version=$(VERSION) -X $(STAMP).Revision=$(REVISION) -X $(STAMP).Branch=$(BRANCH) -X $(STAMP).BuildDate=$(BUILD_DATE)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## a simulated helpdesk and the exporter, until Ctrl-C (HELPDESK_PORT=9878 EXPORTER_PORT=9877 SPEED=60 HISTORY=24h)
	@scripts/demo

.PHONY: test
test: ## every test, those on real servers included (POSTGRES=no, KERNEL=no, REQUEST_TRACKER=no, SERVERS=no and BROWSER=no leave them out)
	@scripts/test

.PHONY: build
build: ## both programs, into bin/: static, as the image has them
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -buildvcs=false -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/helpdesk_exporter ./cmd/helpdesktool

.PHONY: check
check: lint generated test ## what CI asks for: lint, generated files up to date, every test

.PHONY: lint
lint: ## gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) -C rules/proof vet ./...
	$(GO) -C test/browser vet ./...
	$(GO) -C test/openapi vet ./...
	$(GO) -C test/kubernetes vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck -tags postgres,requesttracker,root,servers ./...

.PHONY: generate
generate: ## write the generated files anew: docs/metrics.md, docs/alerts.md, rules/generated, rules/tests
	$(GO) generate ./...

.PHONY: generated
generated: generate ## fails if a generated file was not up to date
	git diff --exit-code -- docs rules

.PHONY: pictures
pictures: ## docs/images/board-*.svg: the boards on a simulated month, drawn from what their queries answer
	@results=$$(mktemp); trap 'rm -f "$$results"' EXIT; \
	$(GO) -C rules/proof test -count=1 -timeout=30m -run '^TestPanelsShowTheTruth$$' . -results "$$results"; \
	$(GO) run ./dashboards/pictures "$$results" docs/images

.PHONY: bench
bench: ## measure everything, into docs/performance.md, and the benchmarks of parts (ROWS="scrape round" BENCH=regexp)
	$(GO) run ./test/bench -write docs/performance.md $(ROWS)
	$(if $(ROWS),,$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -timeout=1h ./...)

.PHONY: reliability
reliability: ## every row of the fault matrix, into docs/reliability.md (ROWS=regexp runs some and writes nothing; as root, with PostgreSQL)
	@$(GO) run ./scripts/reliability $(ROWS)

.PHONY: soak
soak: ## a simulated month of the whole program, with faults: counters equal to the truth, goroutines and memory flat
	$(GO) test -count=1 -v -timeout=2h -run '^TestSoak$$' ./internal/app -args -soak.quarter=168h

.PHONY: fuzz
fuzz: ## each fuzz test for FUZZTIME=30s; writes the numbers of docs/fuzzing.md anew
	$(GO) run ./scripts/fuzz -time $(FUZZTIME) -write docs/fuzzing.md

.PHONY: replicas
replicas: ## kills, stops and cut-offs on PostgreSQL: a hundred kills, and fleets of 2, 3 and 5 replicas (minutes)
	scripts/postgres run $(GO) test -count=1 -timeout=40m -tags=postgres -v -run 'Kills/PostgreSQL|Replicas' ./internal/killtest -long

.PHONY: vuln
vuln: ## known holes in what the programs are built of (asks vuln.go.dev)
	$(GO) tool -modfile=tools/go.mod govulncheck ./...

.PHONY: clean
clean: ## remove what was built
	rm -rf bin
