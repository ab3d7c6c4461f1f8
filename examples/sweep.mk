# One model for each error type and learning rate, compared on held-out pairs of all types:
# make -C examples -f sweep.mk
SEAPO ?= seapo
OUT ?= out/sweep
ANSWERS ?= answers.jsonl
# What makes the mistakes: the embedded model, also where an endpoint is configured.
MODEL ?= --backend embedded
TYPES ?= factual logical
RATES ?= 5e-6 2e-5
# The model that is trained: empty is the packaged one. If it is named, all others are compared with it.
BASE ?=
TRAIN ?= --epochs 2
# Exit code 3: finished, but a row failed.
SOME_FAIL := || test $$? -eq 3
arms := $(foreach type,$(TYPES),$(foreach rate,$(RATES),$(OUT)/$(type)-$(rate)))

.PHONY: all clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(OUT)/results.jsonl

$(OUT)/negatives.jsonl: $(ANSWERS)
	@mkdir -p $(@D)
	$(SEAPO) inject $< $(addprefix -t ,$(TYPES)) -o $@ $(MODEL) $(SOME_FAIL)

$(OUT)/kept.jsonl: $(OUT)/negatives.jsonl
	$(SEAPO) filter $< -o $@ --rejected $(OUT)/dropped.jsonl

# The same prompts are held out for all types.
$(OUT)/%.pairs.jsonl: $(OUT)/kept.jsonl
	$(SEAPO) pair $< -o $@ --mix $*=1 --provenance \
	    --eval-split 0.3 --eval-output $(OUT)/$*.held-out.jsonl

define arm
$(OUT)/$(1)-$(2)/config.json: $(OUT)/$(1).pairs.jsonl
	$(SEAPO) train $$< -o $$(@D) --lr $(2) $(if $(BASE),-m $(BASE)) $(TRAIN) > $(OUT)/$(1)-$(2).metrics.jsonl
endef
$(foreach type,$(TYPES),$(foreach rate,$(RATES),$(eval $(call arm,$(type),$(rate)))))

$(OUT)/results.jsonl: $(addsuffix /config.json,$(arms))
	$(SEAPO) eval $(addprefix -m ,$(BASE) $(arms)) $(TYPES:%=$(OUT)/%.held-out.jsonl) --compare -o $@

clean:
	rm -rf $(OUT)
