# What both scripts do, sourced by them with kind, pictures, train_steps and noise_level set: read
# ModelZoo's flags, run dmsp with the overrides that they mean, write ModelZoo's log and results.
set -uo pipefail

Network=DMSP_ID1290_for_Tensorflow
code=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
device=${DMSP_DEVICE:-ascend}
data_path="" output_path="" kernel_path="" denoiser="" ckpt_path=""
precision_mode=allow_fp32_to_fp16 batch_size=1 train_epochs=1 sigma_dae=11 mu=0.9 alpha=0.1
over_dump=False data_dump_flag=False data_dump_step="0|5" profiling=False autotune=False
use_mixlist=False mixlist_file=$code/experiments/ascend/mixlist.json
fusion_off_flag=False fusion_off_file=$code/experiments/ascend/fusion_off.json

usage() {
    cat <<END
usage: bash $(basename "$0") --data_path=FOLDER [--flag=value …]

    --data_path         folder of pictures, of BSDS300, or with BSDS300 in it (--data_url is the same)
    --output_path       folder of the run's files, output/\$ASCEND_DEVICE_ID if not given
    --precision_mode    allow_fp32_to_fp16, force_fp16, must_keep_origin_dtype, allow_mix_precision
    --train_steps       iterations, $train_steps if not given (--num_iter is the same)
    --train_epochs      rounds over the pictures, each with other noise, 1 if not given
    --batch_size        pictures restored together, 1 if not given
    --pictures          how many of them, $pictures if not given
    --kernel_path       file with the published kernels, of which the first is taken; if not given
                        kernels.mat in the data folder or ../kernels/dmsp_kernels.npz, else a motion kernel
    --denoiser          weights: .mat, .npz, or the prefix of a TensorFlow checkpoint; ours if not given
    --ckpt_path         the same for a checkpoint
    --sigma_dae         standard deviation of the prior's smoothing, 11 if not given
    --mu, --alpha       momentum and step size, 0.9 and 0.1 if not given
    --over_dump         True: write ops that overflow
    --data_dump_flag    True: write inputs and outputs of ops; --data_dump_step: which steps, "0|5"
    --profiling         True: record what the NPU does when
    --autotune          True: tune the kernels
    --use_mixlist       True: read --mixlist_file, ops to compute in another precision
    --fusion_off_flag   True: read --fusion_off_file, fusions to turn off
    -h, --help          this text

DMSP_DEVICE=cpu runs it without an NPU, ASCEND_DEVICE_ID names the NPU, PYTHON the interpreter.
END
}

fail() {
    echo "[Error] $1" >&2
    exit 2
}

for parameter in "$@"; do
    case $parameter in
    -h | --help) usage; exit 0 ;;
    --data_url=*) data_path=${parameter#*=} ;;
    --num_iter=*) train_steps=${parameter#*=} ;;
    --data_path=* | --output_path=* | --precision_mode=* | --train_steps=* | --train_epochs=* | \
        --batch_size=* | --pictures=* | --kernel_path=* | --denoiser=* | --ckpt_path=* | \
        --sigma_dae=* | --mu=* | --alpha=* | --over_dump=* | --data_dump_flag=* | \
        --data_dump_step=* | --profiling=* | --autotune=* | --use_mixlist=* | --mixlist_file=* | \
        --fusion_off_flag=* | --fusion_off_file=*)
        name=${parameter%%=*}
        printf -v "${name#--}" %s "${parameter#*=}"
        ;;
    *) fail "$parameter: no such flag, or no value; see --help" ;;
    esac
done
[[ $data_path ]] || fail 'para "data_path" must be config'
[[ -e $data_path ]] || fail "data_path=$data_path: no such folder"
for number in train_epochs batch_size pictures; do
    [[ ${!number} =~ ^[1-9][0-9]*$ ]] || fail "$number=${!number}: give a whole number from 1"
done

export ASCEND_DEVICE_ID=${ASCEND_DEVICE_ID:-0} RANK_ID=0 RANK_SIZE=1 JOB_ID=${JOB_ID:-10087}
export ASCEND_GLOBAL_LOG_LEVEL=${ASCEND_GLOBAL_LOG_LEVEL:-3}
results=$PWD/output/$ASCEND_DEVICE_ID
output_path=${output_path:-$results}
log=$results/train_$ASCEND_DEVICE_ID.log
rm -rf "$results"
mkdir -p "$results" "$output_path" || exit 1
output_path=$(cd "$output_path" && pwd)

# A value for Hydra: in quotes, because paths may hold what its grammar reserves.
quoted() { printf "%s='%s'" "$1" "${2//\'/\\\'}"; }
absolute() { realpath -sm -- "$1"; }

overrides=(task=deblur optimizer=momentum noise=0.01 "device=$device"
    "precision=$precision_mode" "num_iter=$train_steps" "batch_size=$batch_size"
    "sigma_dae=$sigma_dae" "optimizer.mu=$mu" "optimizer.alpha=$alpha"
    "data.limit=$pictures" 'data.resize=[180,180]')
root=$(absolute "$data_path")
[[ -d $root/BSDS300/images ]] && root=$root/BSDS300
if [[ -d $root/images/test ]]; then
    overrides+=(data=bsds300)
else
    overrides+=(data=folder)
fi
overrides+=("$(quoted data.path "$root")")

for found in "$data_path/kernels.mat" "$root/kernels.mat" "$root/../kernels/dmsp_kernels.npz"; do
    [[ ! $kernel_path && -f $found ]] && kernel_path=$found
done
if [[ $kernel_path ]]; then
    overrides+=(kernel=file "$(quoted kernel.path "$(absolute "$kernel_path")")" kernel.name=k1)
else
    overrides+=(kernel=motion)
    echo "no kernels.mat found: a motion kernel of ours instead, not comparable with published figures"
fi

denoiser=${denoiser:-$ckpt_path}
case $denoiser in
"") ;;
*.mat) overrides+=(denoiser=matconvnet "$(quoted denoiser.path "$(absolute "$denoiser")")") ;;
*.npz) overrides+=(denoiser=npz "$(quoted denoiser.path "$(absolute "$denoiser")")") ;;
*) overrides+=(denoiser=checkpoint "$(quoted denoiser.path "$(absolute "$denoiser")")") ;;
esac

switches=()
[[ $over_dump == True ]] &&
    switches+=(device.enable_dump_debug=true "$(quoted device.dump_path "$output_path/overflow_dump")")
[[ $data_dump_flag == True ]] &&
    switches+=(device.enable_dump=true "$(quoted device.dump_step "$data_dump_step")"
        "$(quoted device.dump_path "$output_path/data_dump")")
[[ $profiling == True ]] && mkdir -p "$output_path/profiling" &&
    switches+=(device.profiling_mode=true "$(quoted device.profiling_options \
        "{\"output\": \"$output_path/profiling\", \"task_trace\": \"on\"}")")
[[ $autotune == True ]] && switches+=("device.auto_tune_mode='RL,GA'")
[[ $use_mixlist == True ]] && switches+=("$(quoted device.modify_mixlist "$(absolute "$mixlist_file")")")
[[ $fusion_off_flag == True ]] &&
    switches+=("$(quoted device.fusion_switch_file "$(absolute "$fusion_off_file")")")
if [[ $device == ascend ]]; then
    overrides+=(${switches[@]+"${switches[@]}"})
elif ((${#switches[@]})); then
    echo "without an NPU these switches have no effect: ${switches[*]}"
fi

# The first interpreter with what a run needs; a name on the PATH may be a shim that fails.
for python in ${PYTHON:+"$PYTHON"} python3.7 python3 "$code"/.venv{37,}/bin/python; do
    "$python" -c 'import hydra, numpy, tensorflow' &>/dev/null && break
done
start=$(date +%s)
cd "$code" || exit 1
"$python" run.py -m "${overrides[@]}" "noise_level=$noise_level" \
    "seed=$(seq -s , 0 $((train_epochs - 1)))" "$(quoted outputs "$output_path")" \
    "$(quoted hydra.sweep.dir "$output_path/runs")" >"$log" 2>&1
status=$?
if [[ $status == 0 ]]; then
    "$python" -m dmsp.reports.modelzoo "$output_path/runs" "$batch_size" >>"$log" 2>&1
    status=$?
fi
if [[ $status == 0 ]]; then
    "$python" -m dmsp.export "${overrides[@]}" device=cpu precision=fp32 \
        "$(quoted hydra.run.dir "$results/model")" >>"$log" 2>&1
    status=$?
fi
grep "Finished psnr" "$log"
if [[ $status != 0 ]]; then
    tail -n 3 "$log" >&2
    echo "[Error] failed with code $status; the whole log is $log" >&2
    exit "$status"
fi

last=$(grep "sec/batch" "$log" | tail -n 10)
sec_per_step=$(awk '{sum += $7} END {printf "%.4f", sum / NR}' <<<"$last")
fps=$(awk '{gsub(/\(/, "", $5); sum += $5} END {printf "%.2f", sum / NR}' <<<"$last")
psnr=$(grep "Finished psnr" "$log" | awk '{sum += $4} END {printf "%.2f", sum / NR}')
e2e=$(($(date +%s) - start))
CaseName=${Network}_bs${batch_size}_${RANK_SIZE}p_$kind
echo "Final Performance images/sec : $fps"
echo "Final Performance sec/step : $sec_per_step"
echo "Final Train Accuracy : $psnr"
echo "E2E Training Duration sec : $e2e"
cat >"$results/$CaseName.log" <<END
Network = $Network
RankSize = $RANK_SIZE
BatchSize = $batch_size
DeviceType = $(uname -m)
CaseName = $CaseName
ActualFPS = $fps
TrainingTime = $sec_per_step
TrainAccuracy = $psnr
E2ETrainingTime = $e2e
END
