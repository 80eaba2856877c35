import { cat, u32, u64 } from "./bytes.ts";
import type { HostileCase } from "./HostileCase.ts";
import * as p from "./pickles.ts";
import { torchFile } from "./zips.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function dangerous(name: string, pickle: Bytes, ...globals: readonly string[]): HostileCase {
  return { name, bytes: torchFile(pickle), verdict: "dangerous", rule: "pickle-global", globals };
}

function unsafe(name: string, pickle: Bytes, rule: string, says?: RegExp): HostileCase {
  return { name, bytes: torchFile(pickle), verdict: "unsafe", rule, says };
}

/** Names that known attacks and scanner bypasses have used; none is on the allow-list. */
const names: readonly (readonly [module: string, name: string])[] = [
  ["os", "system"],
  ["posix", "system"],
  ["nt", "system"],
  ["builtins", "eval"],
  ["builtins", "getattr"],
  ["__builtin__", "eval"],
  ["__builtin__", "__import__"],
  ["copy_reg", "_reconstructor"],
  ["commands", "getoutput"],
  ["subprocess", "Popen"],
  ["pickle", "loads"],
  ["_pickle", "loads"],
  ["functools", "partial"],
  ["operator", "attrgetter"],
  ["importlib", "import_module"],
  ["runpy", "run_path"],
  ["pydoc", "locate"],
  ["timeit", "timeit"],
  ["ctypes", "CDLL"],
  ["pip", "main"],
  ["torch", "load"],
  ["torch.storage", "_load_from_bytes"],
  ["torch.hub", "load"],
  ["torch._utils", "_rebuild_tensor_v4"],
  ["torch.serialization", "load"],
  ["numpy", "load"],
  ["numpy.testing._private.utils", "runstring"],
  ["numpy.f2py.crackfortran", "getlincoef"],
  ["collections", "OrderedDict.__init__.__globals__"],
  ["collections", "namedtuple"],
  ["_codecs", "decode"],
  ["torch._utils", "_rebuild_tensor_v2 "],
  ["torch._utils\r", "_rebuild_tensor_v2"],
  ["tоrch", "FloatStorage"], // a Cyrillic o
  ["torch", "FloatStorag\u0435"], // a Cyrillic e
  ["", "eval"],
];

const protocol4 = (value: Bytes) => p.pickle(value, 4);
const stackGlobal = (module: string, name: string) => cat(p.shortText(module), p.shortText(name), 0x93);

export const pickleCases: readonly HostileCase[] = [
  ...names.map(([module, name]) =>
    dangerous(`GLOBAL ${module} ${name}`, p.pickle(p.reduce(p.global(module, name), p.text("x"))), `${module}.${name}`),
  ),
  dangerous("GLOBAL named but never called", p.pickle(p.list(p.global("os", "system"))), "os.system"),
  dangerous(
    "several globals, all listed",
    p.pickle(p.list(p.system(), p.system("builtins", "exec"))),
    "os.system",
    "builtins.exec",
  ),
  dangerous("STACK_GLOBAL", protocol4(stackGlobal("os", "system")), "os.system"),
  dangerous(
    "STACK_GLOBAL from the memo",
    protocol4(cat(p.shortText("os"), p.put(7), "0", p.shortText("system"), p.put(8), "0", p.get(7), p.get(8), 0x93)),
    "os.system",
  ),
  dangerous(
    "STACK_GLOBAL from a memo slot written twice",
    protocol4(
      cat(p.shortText("torch"), p.put(1), "0", p.shortText("os"), p.put(1), "0", p.get(1), p.shortText("system"), 0x93),
    ),
    "os.system",
  ),
  dangerous(
    "STACK_GLOBAL from MEMOIZE",
    protocol4(cat(p.shortText("os"), 0x94, p.shortText("system"), 0x94, "00", p.get(0), p.get(1), 0x93)),
    "os.system",
  ),
  dangerous(
    "STACK_GLOBAL from text slots",
    protocol4(cat("S'os'\np3\n0", "S'system'\np4\n0g3\ng4\n", 0x93)),
    "os.system",
  ),
  dangerous(
    "STACK_GLOBAL from a slot that Python reads as another number",
    protocol4(
      cat("S'torch'\np10\n0", "S'float32'\np11\n0", "S'os'\np1_0\n0", "S'system'\np1_1\n0", "g10\ng11\n", 0x93),
    ),
    "<computed>.<computed>",
  ),
  dangerous("STACK_GLOBAL with DUP", protocol4(cat(p.shortText("os"), "20", p.shortText("system"), 0x93)), "os.system"),
  dangerous(
    "STACK_GLOBAL over POP_MARK",
    protocol4(cat(p.shortText("os"), "(", p.shortText("decoy"), "1", p.shortText("system"), 0x93)),
    "os.system",
  ),
  dangerous(
    "STACK_GLOBAL with computed names",
    protocol4(
      cat(p.reduce(p.global("_codecs", "encode"), p.text("os"), p.text("latin1")), p.shortText("system"), 0x93),
    ),
    "<computed>.system",
  ),
  dangerous("STACK_GLOBAL with an empty stack", cat(p.proto(4), 0x93, "."), "<computed>.<computed>"),
  dangerous(
    "STACK_GLOBAL with BINUNICODE8",
    protocol4(cat(0x8d, u64(2), "os", 0x8d, u64(6), "system", 0x93)),
    "os.system",
  ),
  dangerous("STACK_GLOBAL with protocol 0 strings", protocol4(cat("S'os'\n", "S'sys\\x74em'\n", 0x93)), "os.system"),
  dangerous("STACK_GLOBAL with UNICODE lines", protocol4(cat("Vos\n", "Vsystem\n", 0x93)), "os.system"),
  dangerous(
    "STACK_GLOBAL with SHORT_BINSTRING",
    protocol4(cat(p.shortBytes("os"), p.shortBytes("system"), 0x93)),
    "os.system",
  ),
  dangerous("dotted name", protocol4(stackGlobal("torch", "serialization.os.system")), "torch.serialization.os.system"),
  dangerous(
    "allowed name cut elsewhere",
    protocol4(stackGlobal("torch", "_utils._rebuild_tensor_v2")),
    "torch._utils._rebuild_tensor_v2",
  ),
  dangerous("name with a line feed", protocol4(stackGlobal("torch", "FloatStorage\nx")), "torch.FloatStorage\nx"),
  dangerous("module with a line feed", protocol4(stackGlobal("torch\nFloatStorage", "")), "torch\nFloatStorage."),
  dangerous("INST", p.pickle(cat("(", p.text("x"), p.inst("os", "system"))), "os.system"),
  dangerous("OBJ", p.pickle(cat("(", p.global("os", "system"), p.text("x"), "o")), "os.system"),
  dangerous("NEWOBJ on a class", p.pickle(cat(p.global("subprocess", "Popen"), ")", 0x81)), "subprocess.Popen"),
  dangerous("NEWOBJ_EX on a class", p.pickle(cat(p.global("subprocess", "Popen"), ")}", 0x92)), "subprocess.Popen"),
  dangerous("EXT1", p.pickle(cat(0x82, 1)), "copyreg.extension(1)"),
  dangerous("EXT2", p.pickle(cat(0x83, 1, 2)), "copyreg.extension(513)"),
  dangerous("EXT4", p.pickle(cat(0x84, u32(7))), "copyreg.extension(7)"),
  dangerous("GLOBAL that is not UTF-8", p.pickle(cat("cos\xff\nsystem\n")), "os\xff (not UTF-8).system"),
  dangerous("GLOBAL cut short at the end of the file", cat(p.proto(), "cos\nsystemX"), "os.system"),
  dangerous("GLOBAL cut in its module", cat(p.proto(), "cantigravityX"), "antigravity."),
  dangerous("second pickle after STOP", cat(p.pickle(p.tensor()), p.pickle(p.system())), "os.system"),
  dangerous("before an unknown opcode", cat(p.proto(), p.system(), 0xff, "."), "os.system"),
  dangerous("after a wrong memo slot", p.pickle(cat(p.get(99), "0", p.system())), "os.system"),
  dangerous("after a stack underflow", p.pickle(cat("0000", p.system())), "os.system"),
  dangerous("in backward hooks", p.pickle(p.tensor({ hooks: p.system() })), "os.system"),
  dangerous("as a storage type", p.pickle(p.tensor({ type: p.global("os", "system") })), "os.system"),
  dangerous(
    "in a state given to BUILD",
    p.pickle(p.build(p.emptyOrderedDict, p.dict(["_metadata", p.system()]))),
    "os.system",
  ),

  unsafe("REDUCE on a number", p.pickle(p.reduce(p.int(1))), "pickle-reduce"),
  unsafe("REDUCE on a name that is no constructor", p.pickle(p.reduce(p.global("torch", "float32"))), "pickle-reduce"),
  unsafe("REDUCE on a storage class", p.pickle(p.reduce(p.global("torch", "FloatStorage"), p.int(3))), "pickle-reduce"),
  unsafe(
    "REDUCE with a list of arguments",
    p.pickle(cat(p.global("collections", "OrderedDict"), "]R")),
    "pickle-reduce",
  ),
  unsafe(
    "REDUCE with arguments of another shape",
    p.pickle(p.reduce(p.global("collections", "OrderedDict"), p.int(1))),
    "pickle-arguments",
  ),
  unsafe("NEWOBJ on a name that has none", p.pickle(cat(p.global("torch", "Size"), ")", 0x81)), "pickle-newobj"),
  unsafe(
    "NEWOBJ_EX on an allowed class",
    p.pickle(cat(p.global("collections", "OrderedDict"), ")}", 0x92)),
    "pickle-opcode",
  ),
  unsafe("OBJ on an allowed class", p.pickle(cat("(", p.global("collections", "OrderedDict"), "o")), "pickle-opcode"),
  unsafe("INST of an allowed class", p.pickle(cat("(", p.inst("collections", "OrderedDict"))), "pickle-opcode"),
  unsafe("BUILD on a class", p.pickle(p.build(p.global("collections", "OrderedDict"), p.dict())), "pickle-build"),
  unsafe(
    "BUILD on a storage class",
    p.pickle(p.build(p.global("torch", "FloatStorage"), p.dict(["x", p.none]))),
    "pickle-build",
  ),
  unsafe(
    "BUILD that sets __class__",
    p.pickle(p.build(p.emptyOrderedDict, p.dict(["__class__", p.none]))),
    "pickle-build",
  ),
  unsafe(
    "BUILD that sets __proto__",
    p.pickle(p.build(p.emptyOrderedDict, p.dict(["__proto__", p.none]))),
    "pickle-build",
  ),
  unsafe("BUILD on a plain dictionary", p.pickle(p.build(p.dict(), p.dict())), "pickle-build"),
  unsafe("BUILD on a tensor", p.pickle(p.build(p.tensor(), p.dict())), "pickle-build"),
  unsafe("SETITEM on a list", p.pickle(cat("]", p.int(0), p.int(1), "s")), "pickle-setitem"),
  unsafe(
    "SETITEM on a class",
    p.pickle(cat(p.global("collections", "OrderedDict"), p.int(0), p.int(1), "s")),
    "pickle-setitem",
  ),
  unsafe("SETITEMS with an odd number", p.pickle(cat("}(", p.int(0), "u")), "pickle-setitem"),
  unsafe("APPEND on a dictionary", p.pickle(cat("}", p.int(0), "a")), "pickle-append"),
  unsafe("APPENDS on a tuple", p.pickle(cat(")(", p.int(0), "e")), "pickle-append"),
  unsafe("ADDITEMS", p.pickle(cat(0x8f, "(", p.int(0), 0x90), 4), "pickle-opcode"),
  unsafe("FROZENSET", p.pickle(cat("(", 0x91), 4), "pickle-opcode"),
  unsafe("DUP", p.pickle(cat("]2a")), "pickle-opcode"),
  unsafe("POP", p.pickle(cat("]]0")), "pickle-opcode"),
  unsafe("PERSID", p.pickle(cat("P0\n")), "pickle-opcode"),
  unsafe("text INT", p.pickle(cat("I1\n")), "pickle-opcode"),
  unsafe("text STRING", p.pickle(cat("S'x'\n")), "pickle-opcode"),
  unsafe("BYTEARRAY8", p.pickle(cat(0x96, u64(1), "x"), 4), "pickle-opcode"),
  unsafe("NEXT_BUFFER", p.pickle(cat(0x97), 4), "pickle-opcode"),
  unsafe("protocol 4 opcodes under protocol 2", p.pickle(cat(p.shortText("x"))), "pickle-opcode", /protocol 4/),
  unsafe("MEMOIZE under protocol 2", p.pickle(cat("]", 0x94)), "pickle-opcode"),
  unsafe(
    "STACK_GLOBAL of an allowed name under protocol 2",
    p.pickle(cat(p.text("torch"), p.text("float32"), 0x93)),
    "pickle-opcode",
  ),
  unsafe("unknown opcode", cat(p.proto(), 0xff, "."), "pickle-unreadable", /unknown opcode.*0xff/),
  unsafe("PROTO missing", cat("]."), "pickle-proto"),
  unsafe("PROTO twice", cat(p.proto(), p.proto(), "]."), "pickle-proto"),
  unsafe("PROTO later", cat("]", p.proto(), "."), "pickle-proto"),
  unsafe("protocol 6", p.pickle(cat("]"), 6), "pickle-proto", /expected 2 to 5, got 6/),
  unsafe("protocol 200", p.pickle(cat("]"), 200), "pickle-proto"),
  unsafe("garbage after STOP", cat(p.pickle(p.tensor()), 0, 0, 0), "pickle-after-stop"),
  unsafe("harmless second pickle", cat(p.pickle(p.tensor()), p.pickle(p.none)), "pickle-after-stop"),
  unsafe("no STOP", cat(p.proto(), "]"), "pickle-cut"),
  unsafe("empty pickle", cat(), "pickle-cut"),
  unsafe("STOP without a value", cat(p.proto(), "."), "pickle-stack"),
  unsafe("STOP with two values", cat(p.proto(), "]]."), "pickle-stack"),
  unsafe("STOP with an open MARK", cat(p.proto(), "](."), "pickle-stack"),
  unsafe("TUPLE without MARK", p.pickle(cat("]t")), "pickle-stack"),
  unsafe("TUPLE2 over a MARK", p.pickle(cat("](", p.int(1), 0x86)), "pickle-stack"),
  unsafe("memo slot that is not set", p.pickle(p.get(3)), "pickle-memo"),
  unsafe("memo of nothing", p.pickle(cat(p.put(0), "]")), "pickle-stack"),
  unsafe("text longer than the file", p.pickle(cat("X", u32(0xffffffff), "x")), "pickle-unreadable"),
  unsafe("text of 2^63 bytes", p.pickle(cat(0x8d, u64(2n ** 63n), "x"), 4), "pickle-unreadable"),
  unsafe("bytes of a negative length", p.pickle(cat("T", u32(-5), "x")), "pickle-unreadable"),
  unsafe("integer of a negative length", p.pickle(cat(0x8b, u32(-1), "x")), "pickle-unreadable"),
  unsafe("text that is not UTF-8", p.pickle(cat("X", u32(2), 0xc3, 0x28)), "pickle-text"),
  unsafe("BINSTRING in a torch file", p.pickle(cat("T", u32(1), "x")), "pickle-opcode"),

  unsafe(
    "codec that is no text codec",
    p.pickle(p.reduce(p.global("_codecs", "encode"), p.text("x"), p.text("zip"))),
    "pickle-arguments",
  ),
  unsafe(
    "array of fewer objects than its shape says",
    p.pickle(
      p.build(
        reconstruct(),
        p.tuple(
          ...[p.int(1), p.tuple(p.int(2)), p.reduce(p.global("numpy", "dtype"), p.text("O8"), p.int(0), p.int(1))],
          ...[Uint8Array.of(0x89), p.list(p.none)],
        ),
      ),
    ),
    "pickle-numpy",
    /expected 2 objects/,
  ),
  unsafe(
    "dtype with a structure",
    p.pickle(p.reduce(p.global("numpy", "dtype"), p.text("f4,O"), p.int(0), p.int(1))),
    "pickle-numpy",
  ),
  unsafe("dtype with fields", p.pickle(p.build(dtype(), state(p.text("<"), p.dict(["f", p.none])))), "pickle-numpy"),
  unsafe("byte order that is none", p.pickle(p.build(dtype(), state(p.text("!"), p.none))), "pickle-numpy", /order/),
  unsafe(
    "scalar of a wrong size",
    p.pickle(p.reduce(p.global("numpy.core.multiarray", "scalar"), dtype(), p.shortBytes("abc"))),
    "pickle-numpy",
  ),
  unsafe(
    "scalar of an object",
    p.pickle(p.reduce(p.global("numpy.core.multiarray", "scalar"), p.text("O"), p.none)),
    "pickle-numpy",
  ),
  unsafe(
    "_reconstruct of another class",
    p.pickle(reconstruct(p.global("collections", "OrderedDict"))),
    "pickle-arguments",
  ),
  unsafe(
    "array of a wrong size",
    p.pickle(p.build(reconstruct(), arrayState(p.tuple(p.int(5)), "abcd"))),
    "pickle-numpy",
  ),
  unsafe(
    "array state twice",
    p.pickle(
      p.build(
        p.build(reconstruct(), arrayState(p.tuple(p.int(1)), "abcdabcd")),
        arrayState(p.tuple(p.int(1)), "abcdabcd"),
      ),
    ),
    "pickle-numpy",
  ),
];

function dtype(): Bytes {
  return p.reduce(p.global("numpy", "dtype"), p.text("f8"), cat(0x89), cat(0x88));
}

function state(order: Bytes, fields: Bytes): Bytes {
  return p.tuple(p.int(3), order, p.none, p.none, fields, p.int(-1), p.int(-1), p.int(0));
}

function reconstruct(type = p.global("numpy", "ndarray")): Bytes {
  return p.reduce(p.global("numpy.core.multiarray", "_reconstruct"), type, p.tuple(p.int(0)), p.shortBytes("b"));
}

function arrayState(shape: Bytes, raw: string): Bytes {
  return p.tuple(p.int(1), shape, dtype(), cat(0x89), p.shortBytes(raw));
}
