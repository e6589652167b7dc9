# Everything a contributor needs. `make` alone lists the targets.
# Override on the command line, for instance: make test PKG=./internal/session TESTFLAGS='-run Rotation -v'

PKG       ?= $(shell go list ./...)
# These let a process of the built program loose on something, or something on it: they want the machine for themselves.
RIGS      := $(addprefix latchkey/,attack clients/js e2e internal/faults postman)
TESTFLAGS ?=
FUZZTIME  ?= 5s
BENCH     ?= ../shared/bench
ARGS      ?=
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.DEFAULT_GOAL := help
.PHONY: help run build test test-fast test-attack test-faults lint lint-openapi fmt fuzz bench bench-steps tidy-check vuln dist release clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and start the service (ARGS='…' are its arguments)
	./bin/latchkey $(ARGS)

build: ## build bin/latchkey: one static binary, no C compiler needed
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/latchkey .

test: ## run all tests with the race detector, on SQLite and on a PostgreSQL that is set up for the run
	$(if $(filter-out $(RIGS),$(PKG)),scripts/test.sh $(TESTFLAGS) $(filter-out $(RIGS),$(PKG)))
	$(if $(filter $(RIGS),$(PKG)),scripts/with-postgres.sh go test -p 1 -timeout 20m $(TESTFLAGS) $(filter $(RIGS),$(PKG)))

test-fast: ## the same without the race detector, the rigs and the slow tests (go test -short)
	scripts/with-postgres.sh go test -short $(TESTFLAGS) $(filter-out $(RIGS),$(PKG))

test-attack: ## run the attack suite against the built binary, on SQLite and PostgreSQL
	scripts/with-postgres.sh go test -timeout 20m $(TESTFLAGS) ./attack

test-faults: ## cut, delay, stop and fill what the service stands on, on SQLite and PostgreSQL
	scripts/with-postgres.sh go test -timeout 20m $(TESTFLAGS) ./internal/faults

lint: ## check style, faults and the house's import rules
	@linter=$$(scripts/tool.sh golangci-lint) && "$$linter" run $$(go list -f "{{.Dir}}" $(PKG))

lint-openapi: ## check the OpenAPI document (needs Node.js)
	scripts/lint-openapi.sh

fmt: ## format the Go code
	@formatter=$$(scripts/tool.sh gofumpt) && git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0r "$$formatter" -w

fuzz: ## fuzz every target for FUZZTIME (5s) each
	FUZZTIME='$(FUZZTIME)' scripts/fuzz.sh $(PKG)

bench: ## compare the service with the floor in BENCH (../shared/bench), some eight minutes (ARGS='-rounds 1 -d 1s': a look)
	scripts/with-postgres.sh go run ./bench/rig -from '$(BENCH)' $(ARGS)

bench-steps: ## run the Go benchmarks of each step, on SQLite and PostgreSQL
	scripts/with-postgres.sh go test -run '^$$' -bench . -benchmem $(TESTFLAGS) $(PKG)

tidy-check: ## fail when go.mod or go.sum is not tidy, or a downloaded module was changed
	go mod tidy -diff
	go mod verify

vuln: ## look for known vulnerabilities that the code can reach (VULNDB=FILE: in a snapshot of the database)
	VULNDB='$(VULNDB)' scripts/vuln.sh

dist: ## make dist/: an archive for each system, and checksums
	VERSION='$(VERSION)' scripts/dist.sh

release: ## the same with goreleaser, and a list of components (SBOM) for each archive; publishes nothing
	scripts/release.sh $(ARGS)

clean: ## remove what was built
	rm -rf bin dist .cache
