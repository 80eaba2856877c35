/**
 * Names that `torch.load(weights_only=True)` resolves by default, by the version that first did (facts from
 * torch/_weights_only_unpickler.py of each). Nothing here can run a program of the file's choosing.
 */
interface SafeNames {
  readonly since: string;
  /** Element types of tensors. */
  readonly dtypes: string;
  /** What is called or made: full names. */
  readonly constructors: string;
  /** What is only mentioned: full names. */
  readonly mentioned: string;
}

const kinds = "Double Float Half BFloat16 Long Int Short Char Byte Bool";

export const torchSafeList: readonly SafeNames[] = [
  {
    since: "1.13",
    dtypes:
      "float64 float32 float16 int64 int32 int16 int8 uint8 bool bfloat16 complex128 complex64 complex32 double float half long int short cdouble cfloat qint8 qint32 quint8 quint4x2 quint2x4",
    constructors:
      "collections.OrderedDict torch.nn.parameter.Parameter torch.serialization._get_layout torch.Size torch.Tensor torch._utils._rebuild_parameter torch._utils._rebuild_tensor torch._utils._rebuild_tensor_v2 torch._utils._rebuild_sparse_tensor torch._utils._rebuild_sparse_csr_tensor torch._utils._rebuild_meta_tensor_no_storage",
    mentioned: [
      ...["torch.storage.TypedStorage", "torch.storage.UntypedStorage", "torch.UntypedStorage", "torch.TypedStorage"],
      ...["", "cuda."].flatMap((place) =>
        `${kinds} ComplexDouble ComplexFloat`.split(" ").map((kind) => `torch.${place}${kind}Storage`),
      ),
      ..."QInt32 QInt8 QUInt2x4 QUInt4x2 QUInt8".split(" ").map((kind) => `torch.${kind}Storage`),
      ...["", "cuda.", "sparse.", "cuda.sparse."].flatMap((place) =>
        kinds.split(" ").map((kind) => `torch.${place}${kind}Tensor`),
      ),
    ].join(" "),
  },
  {
    since: "2.4",
    dtypes:
      "float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz uint16 uint32 uint64 bits8 bits16 bits1x8 bits2x4 bits4x2",
    constructors:
      "collections.Counter torch.device torch._utils._rebuild_parameter_with_state torch._utils._rebuild_qtensor torch._utils._rebuild_tensor_v3 torch._utils._rebuild_nested_tensor torch._utils._rebuild_wrapper_subclass torch._tensor._rebuild_from_type_v2",
    mentioned:
      "torch.per_tensor_affine torch.per_tensor_symmetric torch.per_channel_affine torch.per_channel_symmetric torch.per_channel_affine_float_qparams",
  },
  {
    since: "2.5",
    dtypes: "uint1 uint2 uint3 uint4 uint5 uint6 uint7",
    constructors:
      "_codecs.encode builtins.bytearray builtins.set builtins.complex torch._utils._rebuild_device_tensor_from_numpy torch._utils._rebuild_device_tensor_from_cpu_tensor",
    mentioned: "",
  },
  {
    since: "2.7",
    dtypes: "float8_e8m0fnu float4_e2m1fn_x2 int1 int2 int3 int4 int5 int6 int7",
    constructors: "",
    mentioned: "",
  },
];

/** Keys are module, line feed, name, as in `allowed.ts`. */
const key = (fullName: string) => {
  const dot = fullName.lastIndexOf(".");
  return `${fullName.slice(0, dot)}\n${fullName.slice(dot + 1)}`;
};
const words = (text: string) => text.split(" ").filter((word) => word !== "");

/** Python 2 calls the built-in module otherwise, and so does every file of pickle protocol 2, torch's own. */
const bothNames = (fullName: string) =>
  fullName.startsWith("builtins.") ? [fullName, fullName.replace("builtins", "__builtin__")] : [fullName];

const constructors = new Set(torchSafeList.flatMap((list) => words(list.constructors).flatMap(bothNames)).map(key));
const mentioned = new Set(
  torchSafeList
    .flatMap((list) => [...words(list.mentioned), ...words(list.dtypes).map((name) => `torch.${name}`)])
    .map(key),
);

/** How torch's own safe list uses a name: it may be called, only mentioned, or it is not on the list. */
export function torchSafe(module: string, name: string): "constructor" | "mentioned" | undefined {
  const wanted = `${module}\n${name}`;
  return constructors.has(wanted) ? "constructor" : mentioned.has(wanted) ? "mentioned" : undefined;
}
