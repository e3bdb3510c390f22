using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace MeshActors.Cluster.Serialization;

/// <summary>
/// Stands in the place of a serializer of Akka's that makes whatever type the bytes name: whoever reaches the port between
/// controllers could otherwise run a property setter of any class. Nothing here needs them.
/// </summary>
public abstract class ClosedSerializer(ExtendedActorSystem system, int identifier) : Serializer(system)
{
    public override int Identifier => identifier;

    public override bool IncludeManifest => true;

    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} is not in the list of wire types.");

    public override object FromBinary(byte[] bytes, Type type) =>
        throw new SerializationException($"A message in the form {identifier}, which may name any type, is not read.");
}

/// <remarks>Akka hands a configuration to what it loads under this name.</remarks>
public sealed class ClosedJsonSerializer(ExtendedActorSystem system, Config config) : ClosedSerializer(system, 1)
{
    public Config Config { get; } = config;
}

public sealed class ClosedProtoSerializer(ExtendedActorSystem system) : ClosedSerializer(system, 2);

public sealed class ClosedDaemonCreateSerializer(ExtendedActorSystem system) : ClosedSerializer(system, 3);
